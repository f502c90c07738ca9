import { costCommand } from './command.js';
import { templatesOf } from './synthesis.js';

costCommand((text) => void process.stdout.write(text), templatesOf).parse();
