import { costCommand } from './command.js';

costCommand((text) => void process.stdout.write(text)).parse();
