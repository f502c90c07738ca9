import { describe, expect, it } from '@jest/globals';
import { RequestPlaces } from './request-places.js';

const most = 256;
const wanted = 20;

/** Each time that it is told, turns took so long under so many requests. */
function told(places: RequestPlaces, times: number, turn: number, working = places.atMost): number {
  for (let n = 0; n < times; n++) places.adapt(turn, working);
  return places.atMost;
}

describe('places for requests', () => {
  it('are as many as can be while turns are short, however many requests wait for a store', () => {
    const places = new RequestPlaces(most, wanted);
    expect(told(places, 100, 5)).toBe(most);
    expect(told(places, 100, wanted)).toBe(most);
  });

  it('are not taken away by a burst, or one long turn', () => {
    const places = new RequestPlaces(most, wanted);
    for (let n = 0; n < 50; n++) {
      expect(told(places, 1, 1000)).toBe(most);
      expect(told(places, 1, 5)).toBe(most);
    }
  });

  it('become fewer when turns stay long, from what was under way and in proportion', () => {
    const places = new RequestPlaces(most, wanted);
    expect(told(places, 2, 25, 100)).toBe(80);
    expect(told(places, 1, 25, 80)).toBe(64);
  });

  it('are halved at most, so that one wrong measure does not empty them', () => {
    const places = new RequestPlaces(most, wanted);
    expect(told(places, 2, 10_000)).toBe(most / 2);
    expect(told(places, 1, 10_000)).toBe(most / 4);
  });

  it('are never fewer than somebody can be answered with', () => {
    const places = new RequestPlaces(most, wanted);
    expect(told(places, 50, 10_000)).toBe(16);
    expect(told(places, 50, 10_000, 0)).toBe(16);
    expect(new RequestPlaces(4, wanted).atMost).toBe(4);
    expect(told(new RequestPlaces(4, wanted), 50, 10_000)).toBe(4);
  });

  it('are all there again two or three seconds after the last long turn', () => {
    const places = new RequestPlaces(most, wanted);
    told(places, 50, 10_000);
    expect(told(places, 10, 5)).toBeGreaterThan(40);
    expect(told(places, 15, 5)).toBe(most);
  });

  it('settle where a turn takes as long as it may, where requests cost the thread time', () => {
    // Each request under way takes half a millisecond of each turn.
    const places = new RequestPlaces(most, wanted);
    for (let n = 0; n < 200; n++) places.adapt(places.atMost * 0.5, places.atMost);
    expect(places.atMost).toBeGreaterThan(30);
    expect(places.atMost).toBeLessThan(50);
  });

  it('are always the same where no length of turns is wanted', () => {
    expect(told(new RequestPlaces(most, 0), 50, 10_000)).toBe(most);
  });
});
