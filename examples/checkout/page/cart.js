import { keep, onReplaced, replace } from './durable.js';

const SHELF = [
  { sku: 'notebook', name: 'Moon notebook, dotted', price: 1450, quantity: 1 },
  { sku: 'pencils', name: 'Pencils, box of twelve', price: 980, quantity: 2 },
  { sku: 'envelopes', name: 'Envelopes, recycled', price: 620, quantity: 1 },
];

/** The cart of this browser. Its id is made with the cart, never with the click: it names what is to happen once. */
export function currentCart() {
  return keep('cart', newCart);
}

export function saveCart(cart) {
  return replace('cart', cart);
}

/** Another tab has changed the cart, or begun a new one. */
export function onCartChanged(listener) {
  onReplaced('cart', listener);
}

export function newCart() {
  return { id: crypto.randomUUID(), items: SHELF };
}

export function withQuantity(cart, sku, quantity) {
  return { ...cart, items: cart.items.map((item) => (item.sku === sku ? { ...item, quantity } : item)) };
}

/** In cents: sums of fractions do not add up. */
export function totalOf(cart) {
  return cart.items.reduce((sum, { price, quantity }) => sum + price * quantity, 0);
}
