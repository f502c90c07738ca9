import { App, Validations } from 'aws-cdk-lib';
import { accountSettings } from '../lib/account-settings.js';
import { acknowledge, rulePacks } from '../lib/nag-report.js';
import { addStacks } from '../lib/phi-app.js';
import { settingsOf } from '../lib/settings.js';

const app = new App();
addStacks(app, settingsOf(String(app.node.tryGetContext('env') ?? 'dev'), accountSettings(app.node)));
acknowledge(app);
Validations.of(app).addPlugins(...rulePacks(app));
