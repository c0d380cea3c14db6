import { totalOf } from './cart.js';

const money = new Intl.NumberFormat('en-IE', { style: 'currency', currency: 'EUR' });

const element = (id) => document.getElementById(id);

/** What a customer wants to know while nothing seems to happen. */
const WAITING = {
  queued: 'About to send it.',
  sending: 'Waiting for the answer.',
  backoff: 'The line broke. Asking again in a moment.',
  'retry-after': 'The bank is busy and told us when to ask again.',
  'in-progress': 'The bank is working on it.',
  accepted: 'The bank is working on it.',
  offline: 'You are offline. It goes on when you are back.',
  credentials: 'Your session has to be renewed first.',
  'other-driver': 'Another tab of this browser is on it.',
};

const STATUS = {
  loading: () => undefined,
  ready: () => undefined,
  paying: ({ operation }) => ({
    title: 'Sending your payment',
    text: 'One moment, please.',
    detail: progress(operation),
  }),
  confirming: ({ operation }) => ({
    title: 'We are confirming your payment',
    text: 'This takes longer than usual. You will not be charged twice: reload or close this page if you like, it goes on.',
    detail: progress(operation),
  }),
  paid: ({ receipt, source }) => ({
    title: 'Paid. Thank you!',
    text:
      receipt === undefined
        ? 'The receipt is in your mail.'
        : `Receipt ${receipt.id} over ${money.format(receipt.amount / 100)}`,
    detail: source === 'replay' ? 'The first answer was lost; the bank repeated it.' : '',
  }),
  refused: ({ status }) => ({
    title: 'The bank refused the payment',
    text: 'Nothing was charged. You can try again.',
    detail: status === undefined ? '' : `Its answer was ${status}.`,
  }),
  'not-sent': ({ why }) => ({ title: 'The payment was not sent', text: 'Nothing was charged.', detail: why }),
  doubt: ({ reason, reference }) => ({
    title: 'We could not confirm your payment',
    text: 'It may have been charged, so please do not pay again. We are asking the bank and will write to you.',
    detail: `Reference ${reference}${reason === undefined ? '' : ` (${reason})`}`,
  }),
  broken: ({ why }) => ({
    title: 'We cannot tell what became of your payment',
    text: 'Please do not pay again before you have reloaded this page.',
    detail: why,
  }),
};

/** Where the contents may still change: nothing is under way, and nothing is paid. */
export const OPEN_STATES = ['ready', 'refused', 'not-sent'];

/** Shows a state of the payment. Text nodes only: nothing that came from a server becomes markup. */
export function showState(state, cart) {
  element('checkout').dataset.state = state.name;
  const busy = state.name === 'paying' || state.name === 'confirming';
  const pay = element('pay');
  pay.setAttribute('aria-busy', String(busy));
  setText(
    pay,
    busy ? 'Paying…' : `${state.name === 'ready' ? 'Pay' : 'Try again:'} ${money.format(totalOf(cart) / 100)}`,
  );
  element('new-cart').disabled = busy || state.name === 'loading';
  const status = STATUS[state.name](state);
  element('status').hidden = status === undefined;
  setText(element('status-title'), status?.title ?? '');
  setText(element('status-text'), status?.text ?? '');
  setText(element('status-detail'), status?.detail ?? '');
}

/** Shows the cart. `change(sku, quantity)` is called where the contents may change; without it they are fixed. */
export function showCart(cart, change) {
  setText(element('total'), money.format(totalOf(cart) / 100));
  const rows = cart.items.map(({ sku, name, price, quantity }) => {
    const step = (by, text, label) => {
      const button = make('button', text);
      button.type = 'button';
      button.dataset.step = `${sku}${by}`;
      button.setAttribute('aria-label', label);
      button.disabled = change === undefined || quantity + by < 1 || quantity + by > 9;
      button.addEventListener('click', () => change(sku, quantity + by));
      return button;
    };
    const stepper = make('span', '', 'quantity');
    stepper.append(step(-1, '−', `One less: ${name}`), make('span', `${quantity}`), step(1, '+', `One more: ${name}`));
    const row = make('li');
    row.append(make('span', name), stepper, make('span', money.format((price * quantity) / 100), 'price'));
    return row;
  });
  // The button that had the focus is made anew.
  const focused = document.activeElement?.dataset?.step;
  element('items').replaceChildren(...rows);
  if (focused !== undefined) document.querySelector(`[data-step="${focused}"]`)?.focus();
}

export function showClicks(count) {
  setText(element('clicks'), `${count}`);
}

/** Shows the server's side, and how often this payment has reached it.
 *  @param ledger what the mock server answers at /__onceward/ledger
 *  @param keyHint how the key of this payment begins */
export function showLedger(ledger, keyHint) {
  const { hits = 0, effects = 0 } = ledger.find(({ key }) => keyHint !== undefined && key.startsWith(keyHint)) ?? {};
  setText(element('requests'), `${hits}`);
  setText(element('charges'), `${effects}`);
  element('ledger-empty').hidden = ledger.length > 0;
  const rows = ledger
    .slice(-5)
    .reverse()
    .map(({ key, state, status, hits, effects }) => {
      const row = make('tr');
      const answer = state === 'processing' ? 'working' : `${status ?? 'none'}`;
      row.append(...[key.slice(0, 8), answer, `${hits}`, `${effects}`].map((text) => make('td', text)));
      return row;
    });
  element('ledger').replaceChildren(...rows);
}

/** Shows what the journal of this browser holds. */
export function showEarlier(operations) {
  element('earlier-box').hidden = operations.length === 0;
  const rows = operations
    .slice(-5)
    .reverse()
    .map(({ keyHint, status, meta, attempts }) => {
      const row = make('li');
      const times = attempts === 1 ? 'sent once' : `sent ${attempts} times`;
      row.append(
        make('span', `${money.format(totalOf(meta.cart) / 100)} · ${keyHint}`),
        make('span', `${status}, ${times}`),
      );
      return row;
    });
  element('earlier').replaceChildren(...rows);
}

/** Fills the fault switch. @param faults `[{ name, title, hint }]` */
export function showFaults(faults, chosen) {
  const select = element('fault');
  if (select.options.length === 0) select.replaceChildren(...faults.map(({ name, title }) => new Option(title, name)));
  select.value = chosen;
  setText(element('fault-hint'), faults.find(({ name }) => name === chosen)?.hint ?? '');
}

function progress(operation) {
  if (operation === undefined) return '';
  const asked = operation.attempts > 1 ? ` Asked ${operation.attempts} times.` : '';
  return `${WAITING[operation.waiting] ?? ''}${asked}`;
}

function make(name, text = '', className = '') {
  const made = document.createElement(name);
  made.textContent = text;
  if (className !== '') made.className = className;
  return made;
}

/** A live region speaks at every change, so it is told only what is new. */
function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}
