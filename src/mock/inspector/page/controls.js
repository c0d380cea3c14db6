// @ts-check
import { byId, element } from './element.js';
import { FAULTS } from './faults.js';
import { read, send, tell } from './server.js';

/** @type {readonly (readonly [by: string, words: string])[]} */
const STEPS = [
  ['1s', '1 second'],
  ['1m', '1 minute'],
  ['1h', '1 hour'],
  ['24h', '24 hours'],
];

/** Makes the buttons do what they say.
 *
 * @param {() => void} onDone called when one has been */
export function startControls(onDone) {
  /** @param {HTMLElement} button
   * @param {string} done what is said then
   * @param {() => Promise<unknown>} action */
  const act = (button, done, action) => {
    button.addEventListener('click', () => {
      action()
        .then(
          () => say(done),
          (error) => say(error.message, true),
        )
        .finally(onDone);
    });
  };
  for (const [fault, hint] of FAULTS) {
    const button = element('button', { type: 'button', title: hint, 'data-fault': fault }, fault);
    byId('faults').append(button);
    act(button, `The next request meets ${fault}: ${hint}.`, () => tell('faults', fault));
  }
  for (const [by, words] of STEPS) {
    const button = element('button', { type: 'button', 'data-advance': by }, `+${words}`);
    byId('advance').append(button);
    act(button, `The clock was moved by ${words}.`, () => tell('clock', { advance: by }));
  }
  act(byId('crash'), 'The server crashed: locks are gone, running requests are cut off.', () => tell('crash'));
  act(byId('reset'), 'A new server: no keys, no effects, no faults.', () => tell('reset'));
  act(byId('clear'), 'No fault is planned any more.', () => send('faults', { method: 'DELETE' }));
}

/** Shows the faults that no request has met. */
export async function readPlan() {
  /** @type {readonly (string | { readonly fault: string })[]} */
  const faults = await read('faults');
  const names = faults.map((fault) => (typeof fault === 'string' ? fault : JSON.stringify(fault)));
  byId('planned').textContent = names.length === 0 ? 'None is planned.' : `Planned: ${names.join(', ')}`;
  byId('clear').hidden = names.length === 0;
}

/** @param {string} text
 * @param {boolean} [failed] */
function say(text, failed = false) {
  const said = byId('said');
  said.textContent = text;
  said.toggleAttribute('data-failed', failed);
}
