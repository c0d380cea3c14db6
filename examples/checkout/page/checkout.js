import { watchCounter } from './behind-the-counter.js';
import { currentCart, newCart, onCartChanged, saveCart, withQuantity } from './cart.js';
import { outcomeOf, pay, paymentOf, payments } from './payments.js';
import { OPEN_STATES, showCart, showClicks, showState } from './view.js';

/** After so long "paying" becomes "we are confirming your payment". */
const PATIENCE = 2_500;
const LOOK_EVERY = 400;

let cart;
let state = { name: 'loading' };
let clicks = 0;
/** Counts what is being shown: an answer that comes after something newer has begun is not shown. */
let turns = 0;
let afterRefusal = false;

const busy = () => state.name === 'paying' || state.name === 'confirming';

function show(next) {
  state = next;
  showState(state, cart);
  showCart(cart, OPEN_STATES.includes(state.name) ? changeQuantity : undefined);
}

async function changeQuantity(sku, quantity) {
  cart = withQuantity(cart, sku, quantity);
  show({ name: state.name === 'refused' ? 'refused' : 'ready' });
  await saveCart(cart);
}

/** Shows how a payment goes until `ending` says what became of it. */
async function follow(ending, first) {
  turns += 1;
  const turn = turns;
  const since = performance.now();
  if (state.name !== 'confirming') show({ name: first });
  const look = async () => {
    const operation = await payments.operations.get(paymentOf(cart)).catch(() => undefined);
    if (turn !== turns || !busy()) return;
    const slow = performance.now() - since > PATIENCE || (operation?.attempts ?? 0) > 1;
    state = { name: slow ? 'confirming' : state.name, operation };
    showState(state, cart);
  };
  const looking = setInterval(() => void look(), LOOK_EVERY);
  const next = await ending;
  clearInterval(looking);
  if (turn === turns) show(next);
}

function clickPay() {
  clicks += 1;
  showClicks(clicks);
  // The second click of a double click means what the first one meant.
  if (!busy()) afterRefusal = state.name === 'refused';
  return follow(pay(cart, { afterRefusal }), 'paying');
}

async function clickNewCart() {
  clicks = 0;
  showClicks(clicks);
  await begin(await saveCart(newCart()));
}

/** Shows a cart as the journal knows it: never paid, on its way, paid in another tab, refused, in doubt. */
async function begin(fresh) {
  turns += 1;
  const turn = turns;
  cart = fresh;
  const known = await payments.operations.get(paymentOf(cart));
  if (turn !== turns) return;
  if (known === undefined) return show({ name: 'ready' });
  if (known.status === 'pending') return follow(outcomeOf(cart), 'confirming');
  const next = await outcomeOf(cart);
  if (turn === turns) show(next);
}

async function start() {
  cart = await currentCart();
  // Unfinished payments go on, whether somebody looks or not. One of them may belong to another cart than the one we remember.
  const open = await payments.operations.resume({ prefix: ['cart'] });
  const unfinished = open.find(({ status }) => status === 'pending')?.meta.cart;
  if (unfinished !== undefined && unfinished.id !== cart.id) cart = await saveCart(unfinished);
  await begin(cart);
}

document.getElementById('pay').addEventListener('click', () => void clickPay());
document.getElementById('new-cart').addEventListener('click', () => void clickNewCart());
onCartChanged((changed) => void begin(changed));
document.addEventListener('visibilitychange', () => {
  // Another tab may have paid meanwhile.
  if (document.visibilityState === 'visible' && OPEN_STATES.includes(state.name)) void begin(cart);
});

watchCounter(() => cart);
start().catch((error) => {
  cart ??= { items: [] };
  show({ name: 'broken', why: error.message });
});
