/** So many requests are always worked on: a slow process is still to answer somebody. */
const fewest = 16;
const shrinksAtMost = 1 / 2;
const grows = 9 / 8;

/**
 * How many requests may be worked on at a time. What is under way shares one thread, so that each of its steps waits for a turn of the
 * event loop: with turns of a bounded length, answers are bounded too, however long the requests themselves take on whatever machine. Turns that
 * stay too long are a queue that does not go away by itself, and then there are fewer places; a burst, or one collection of garbage, is none. What
 * waits for a store or a model costs no turn and no place.
 * @see Nichols and Jacobson, "Controlling Queue Delay" (2012): only a delay that stands is one
 */
export class RequestPlaces {
  #atMost: number;
  #slowBefore = false;

  /**
   * @param most never are there more
   * @param turnMilliseconds what a turn may take; 0: there are always as many as can be
   */
  constructor(
    private readonly most: number,
    private readonly turnMilliseconds: number,
  ) {
    this.#atMost = most;
  }

  get atMost(): number {
    return Math.floor(this.#atMost);
  }

  /**
   * Told again and again, at even distances.
   * @param turnMilliseconds what a usual turn took since the last time
   * @param working the most requests that were worked on at a time since then
   */
  adapt(turnMilliseconds: number, working: number): void {
    if (this.turnMilliseconds === 0) return;
    const share = this.turnMilliseconds / turnMilliseconds;
    const slow = share < 1;
    if (!slow) this.#atMost *= grows;
    else if (this.#slowBefore)
      this.#atMost = Math.min(this.#atMost, working) * Math.max(share, shrinksAtMost);
    this.#slowBefore = slow;
    this.#atMost = Math.min(Math.max(this.#atMost, fewest), this.most);
  }
}
