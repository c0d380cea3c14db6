import { paymentOf, payments } from './payments.js';
import { showEarlier, showFaults, showLedger } from './view.js';

const LOOK_EVERY = 1_000;

/** What a customer never sees: the server's ledger, this browser's journal, and a switch for what goes wrong.
 *  @param cartNow the cart on the screen */
export function watchCounter(cartNow) {
  const select = document.getElementById('fault');
  select.addEventListener('change', () => void move(select.value));
  const look = async () => {
    // The server may be gone: that is one of the things to try.
    await Promise.allSettled([lookAtServer(select, cartNow()), payments.operations.list().then(showEarlier)]);
    setTimeout(() => void look(), LOOK_EVERY);
  };
  void look();
}

async function move(name) {
  const response = await fetch('/demo/fault', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ fault: name }),
  });
  const { faults, fault } = await response.json();
  showFaults(faults, fault);
}

async function lookAtServer(select, cart) {
  const [switches, ledger] = await Promise.all([read('/demo/fault'), read('/api/__onceward/ledger')]);
  const payment = cart && (await payments.operations.get(paymentOf(cart)));
  if (document.activeElement !== select) showFaults(switches.faults, switches.fault);
  showLedger(ledger, payment?.keyHint);
}

async function read(path) {
  const response = await fetch(path, { cache: 'no-store' });
  return response.json();
}
