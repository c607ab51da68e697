/* SPDX-License-Identifier: Apache-2.0 */
"use strict";

/* Everything from a transaction reaches the page through textContent, so nothing in it is HTML. */

const LINGER_MS = 1600; /* a decided card stays put, so that a second tap cannot hit the next one */
const LOW_SECONDS = 60;

const byId = (id) => document.getElementById(id);
const cards = new Map(); /* transaction id -> {root, parts, deadline, transaction} */
let state = JSON.parse(byId("state").textContent);
let language = chosenLanguage();
let words = WORDS[language];

function chosenLanguage() {
  const asked = new URLSearchParams(location.search).get("lang");
  const kept = localStorage.getItem("language");
  return [asked, kept, document.documentElement.lang].find((name) => name in WORDS) || "vi";
}

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function say(text) {
  byId("said").textContent = text;
}

/* --- texts that do not depend on a transaction --- */

function translatePage() {
  document.documentElement.lang = language;
  document.title = state.waiting.length ? `(${state.waiting.length}) ${words.title}` : words.title;
  for (const place of document.querySelectorAll("[data-text]")) place.textContent = words[place.dataset.text];
  for (const place of document.querySelectorAll("[data-label]")) place.setAttribute("aria-label", words[place.dataset.label]);
  for (const button of document.querySelectorAll("[data-language]"))
    button.setAttribute("aria-pressed", String(button.dataset.language === language));
}

function setLanguage(name) {
  language = name;
  words = WORDS[name];
  localStorage.setItem("language", name);
  for (const card of cards.values()) fillCard(card);
  render();
}

/* --- one waiting transaction --- */

function makeCard(transaction) {
  const root = element("article", "card");
  const parts = {};
  const add = (parent, key, name, className) => parent.appendChild((parts[key] = element(name, className)));
  root.dataset.transaction = transaction.transaction_id;

  const top = root.appendChild(element("div", "card-top"));
  const codeBox = top.appendChild(element("div"));
  add(codeBox, "codeLabel", "p", "label");
  add(codeBox, "code", "p", "code");
  add(top, "left", "p", "left").setAttribute("role", "timer");
  add(root, "bar", "progress", "bar").setAttribute("aria-hidden", "true");
  add(root, "hint", "p", "hint");
  add(root, "facts", "dl", "facts");
  add(root, "warning", "p", "warning");
  const details = root.appendChild(element("details"));
  add(details, "count", "summary", "");
  add(details, "names", "ol", "names");
  add(details, "sentLabel", "p", "label");
  add(details, "sent", "p", "sent");
  add(root, "cost", "p", "cost");
  add(root, "problem", "p", "warning").setAttribute("role", "alert");
  const buttons = add(root, "buttons", "div", "buttons");
  add(buttons, "reject", "button", "reject").type = "button";
  add(buttons, "approve", "button", "approve").type = "button";
  add(root, "result", "p", "result").hidden = true;

  const card = { root, parts, transaction, sending: false, decided: false };
  parts.approve.addEventListener("click", () => decide(card, "approve"));
  parts.reject.addEventListener("click", () => decide(card, "reject"));
  return card;
}

function fillCard(card) {
  const { parts, transaction } = card;
  const count = transaction.documents.length;
  const heading = transaction.code || transaction.program || words.someone;
  card.root.setAttribute("aria-label", heading);
  parts.codeLabel.textContent = words.code;
  parts.code.textContent = transaction.code || "– – –";
  parts.code.classList.toggle("none", !transaction.code);
  parts.hint.textContent = transaction.code ? words.compare : words.noCode;
  fillFacts(parts.facts, transaction);
  const said = transaction.count_said;
  parts.warning.hidden = said === null || said === count;
  parts.warning.textContent = parts.warning.hidden ? "" : words.mismatch(said, count);
  parts.count.textContent = words.documents(count);
  parts.names.replaceChildren(...transaction.documents.map((name) => element("li", "", name)));
  /* Without a code the facts show the description already. */
  parts.sentLabel.hidden = parts.sent.hidden = !transaction.program;
  parts.sentLabel.textContent = words.asSent;
  parts.sent.textContent = transaction.description || words.noDescription;
  parts.cost.textContent = words.cost(count);
  fillButtons(card);
}

function fillFacts(list, transaction) {
  const rows = transaction.program
    ? [[words.program, transaction.program], [words.computer, transaction.computer]]
    : [[words.asSent, transaction.description || words.noDescription]];
  rows.push([words.holder, transaction.holder]);
  list.replaceChildren();
  for (const [label, value] of rows) {
    const row = list.appendChild(element("div"));
    row.append(element("dt", "", label), element("dd", "", value));
  }
}

function fillButtons(card) {
  const { parts, transaction, sending } = card;
  const which = transaction.code ? ` ${transaction.code}` : "";
  for (const verdict of ["approve", "reject"]) {
    const button = parts[verdict];
    button.textContent = sending === verdict ? words.sending : words[verdict];
    button.setAttribute("aria-label", button.textContent + which);
    button.disabled = Boolean(sending) || card.decided;
  }
}

function tick() {
  const now = performance.now();
  for (const card of cards.values()) {
    if (card.decided) continue;
    const seconds = Math.max(0, Math.ceil((card.deadline - now) / 1000));
    const text = words.left(`${Math.floor(seconds / 60)}:${two(seconds % 60)}`);
    if (card.parts.left.textContent !== text) card.parts.left.textContent = text;
    card.parts.bar.max = card.transaction.window;
    card.parts.bar.value = seconds;
    card.root.classList.toggle("low", seconds < LOW_SECONDS);
  }
}

async function decide(card, verdict) {
  if (card.sending || card.decided) return;
  card.sending = verdict;
  card.parts.problem.textContent = "";
  fillButtons(card);
  try {
    const reply = await fetch(`/${verdict}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ transaction_id: card.transaction.transaction_id }),
    });
    const found = await reply.json();
    /* 409 and 404: decided elsewhere; the next state says how. */
    if (reply.ok) settle(card, found);
    else if (reply.status !== 409 && reply.status !== 404) throw new Error(found.error);
  } catch (problem) {
    card.sending = false;
    card.parts.problem.textContent = words.failed;
    fillButtons(card);
  }
}

/* Show what became of a card, then let it go. */
function settle(card, transaction) {
  if (card.decided) return;
  card.decided = true;
  card.root.classList.add("decided", transaction.state);
  const text = `${words[transaction.state]}: ${words.used(transaction.paid)}`;
  const hadFocus = card.root.contains(document.activeElement);
  card.parts.buttons.hidden = true;
  card.parts.cost.hidden = true;
  card.parts.left.textContent = "";
  card.parts.result.hidden = false;
  card.parts.result.textContent = text;
  say(text);
  if (hadFocus) byId("waiting-title").focus({ preventScroll: true });
  setTimeout(() => {
    card.root.remove();
    cards.delete(card.transaction.transaction_id);
    render();
  }, LINGER_MS);
}

/* --- the whole page --- */

function accept(fresh, first) {
  state = fresh;
  const waiting = new Set(fresh.waiting.map((t) => t.transaction_id));
  for (const card of [...cards.values()]) {
    if (waiting.has(card.transaction.transaction_id) || card.decided) continue;
    const ended = fresh.finished.find((t) => t.transaction_id === card.transaction.transaction_id);
    if (ended) settle(card, ended);
    else {
      card.root.remove();
      cards.delete(card.transaction.transaction_id);
    }
  }
  for (const transaction of fresh.waiting) {
    let card = cards.get(transaction.transaction_id);
    if (!card) {
      card = makeCard(transaction);
      cards.set(transaction.transaction_id, card);
      byId("waiting").append(card.root);
      fillCard(card);
      card.root.classList.toggle("fresh", !first);
      if (!first) say(words.arrived(transaction.program || words.someone));
    }
    card.deadline = performance.now() + transaction.seconds_left * 1000;
  }
  render();
}

function render() {
  translatePage();
  const count = state.waiting.length;
  byId("empty").hidden = cards.size > 0;
  byId("waiting-count").hidden = count === 0;
  byId("waiting-count").textContent = count;
  /* A card that still shows its result is not history yet. */
  const past = state.finished.filter((t) => !cards.has(t.transaction_id));
  byId("history-section").hidden = past.length === 0;
  byId("paid").textContent = words.paidTotal(state.paid);
  byId("history").replaceChildren(...past.map(historyRow));
  byId("messages-section").hidden = state.messages.length === 0;
  byId("messages").replaceChildren(...state.messages.map(messageRow));
  tick();
}

function historyRow(transaction) {
  const row = element("li", transaction.state);
  row.append(element("span", "mark"));
  const middle = row.appendChild(element("div", "middle"));
  middle.append(element("p", "strong", words[transaction.state]));
  const what = transaction.program
    ? `${transaction.program} · ${transaction.computer}`
    : transaction.description || words.noDescription;
  middle.append(element("p", "what", what));
  middle.append(element("p", "when", words.date(new Date(transaction.finished))));
  const side = row.appendChild(element("div", "side"));
  if (transaction.code) side.append(element("p", "small-code", transaction.code));
  side.append(element("p", "when", words.documents(transaction.documents.length)));
  side.append(element("p", "when", words.paid(transaction.paid)));
  return row;
}

function messageRow(message) {
  const row = element("li");
  const middle = row.appendChild(element("div", "middle"));
  middle.append(element("p", "strong", words.oneTimeCode));
  middle.append(element("p", "what", `${message.holder} · ${message.text}`));
  middle.append(element("p", "when", words.date(new Date(message.time))));
  row.appendChild(element("div", "side")).append(element("p", "small-code", message.code));
  return row;
}

function listen() {
  const source = new EventSource("events");
  source.onmessage = (event) => {
    byId("offline").hidden = true;
    accept(JSON.parse(event.data), false);
  };
  source.onerror = () => {
    byId("offline").hidden = false;
    /* A browser gives up for good after some errors; start again then. */
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, 2000);
  };
}

for (const button of document.querySelectorAll("[data-language]"))
  button.addEventListener("click", () => setLanguage(button.dataset.language));
accept(state, true);
setInterval(tick, 250);
listen();
