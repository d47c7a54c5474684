// The browser side of the interview: transcript, cards and clock. It shows the kernel's state and reports what
// is typed and clicked; all rules are in the kernel. So is the deadline: this side only counts down to it.

const SILENCE_MS = 30000; // a kernel that has not answered by then is busy or dead
const WARN_AT = [0.5, 0.2, 0]; // fractions of time left at which the kernel is asked for a warning, or the end
const WHO = { interviewer: "Interviewer", candidate: "You", card: "Card" };

function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child != null)); // strings are inserted as text, never as markup
  return element;
}

function table(card) {
  const words = card.rows.some((row) => /^[a-z]/i.test(row[0]));
  const kind = (column) => (column === 0 && words ? "u5-words" : "u5-number");
  const head = card.columns.map((name, i) => h("th", { scope: "col", class: kind(i) }, name));
  const rows = card.rows.map((row) =>
    h("tr", { class: row[0] === "end-to-end" && "u5-total" }, ...row.map((cell, i) => h(i || !words ? "td" : "th", { class: kind(i), scope: !i && words && "row" }, cell))),
  );
  return h("div", { class: "u5-scroll" }, h("table", {}, h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...rows)));
}

function clock(seconds) {
  const left = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
}

// Keyboard navigation: the arrow keys move the focus to the next or previous button of a list.
function arrows(event) {
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  if (!step || event.target.tagName !== "BUTTON") return;
  const all = [...event.currentTarget.querySelectorAll("button")];
  all[(all.indexOf(event.target) + step + all.length) % all.length].focus();
  event.preventDefault();
}

// The last sentence that asks, with the one before it.
function lastQuestion(text) {
  const sentences = text.match(/[^.!?]+[.!?]+["”]?/g) ?? [text];
  const last = sentences.findLastIndex((sentence) => sentence.includes("?"));
  return sentences.slice(Math.max(0, last - 1), last + 1).join("").trim();
}

function speak(turns) {
  for (const { who, text } of turns) if (who === "interviewer") speechSynthesis.speak(new SpeechSynthesisUtterance(text));
}

// Reading aloud and dictation, where the browser has them. Both are off until they are switched on.
function voice(parts) {
  const Recognition = globalThis.SpeechRecognition ?? globalThis.webkitSpeechRecognition;
  parts.aloud = h("input", { type: "checkbox", "data-testid": "aloud", onchange: () => parts.aloud.checked || speechSynthesis.cancel() });
  const aloud = "speechSynthesis" in globalThis && h("label", {}, parts.aloud, " read the interviewer aloud, with a voice of your system");
  const dictate = Recognition && h("button", { type: "button", "data-testid": "dictate", onclick: () => listen(new Recognition(), parts) }, "Dictate");
  const where = dictate && h("span", {}, " Your browser may send what you say to its maker's servers; nothing is sent before you press the button.");
  if (!aloud && !dictate) return null;
  return h("details", { class: "u5-more" }, h("summary", {}, "Voice"), ...[aloud, h("p", {}, ...[dictate, where].filter(Boolean))].filter(Boolean));
}

function listen(recognition, parts) {
  recognition.lang = "en";
  recognition.onresult = ({ results }) => {
    const heard = [...results].map((result) => result[0].transcript).join(" ");
    parts.box.value = `${parts.box.value} ${heard}`.trim();
    parts.box.focus();
  };
  recognition.onerror = ({ error }) => (parts.notice.textContent = `Dictation stopped (${error}): type instead.`);
  recognition.start();
}

function build(model) {
  const parts = {
    part: h("span", { class: "u5-part", "data-testid": "part" }),
    time: h("span", { class: "u5-time", role: "timer", "data-testid": "time", "aria-label": "time left" }),
    question: h("p", { class: "u5-question", role: "note", "aria-label": "The question now", "data-testid": "question" }),
    lines: h("ol", {}), // inside the log: with a role of its own, a list would be none, and its items stray
    offer: h("div", { class: "u5-offer", role: "group", "aria-label": "Did you mean", "data-testid": "offer", onkeydown: arrows }),
    notice: h("p", { class: "u5-notice", role: "status", "data-testid": "notice" }),
    box: h("textarea", { rows: "3", "aria-label": "Your question or answer", "data-testid": "box", placeholder: "Ask for data, or say what you think. Enter sends, Shift+Enter starts a new line." }),
    tabs: h("div", { class: "u5-tabs", role: "group", "aria-label": "Opened cards", "data-testid": "tabs", onkeydown: arrows }),
    card: h("div", { class: "u5-card", "aria-live": "polite", "data-testid": "card" }),
    closed: h("div", { class: "u5-closed", role: "group", "aria-label": "Cards that can be opened", "data-testid": "closed", onkeydown: arrows }),
  };
  parts.log = h("div", { class: "u5-log", role: "log", "aria-live": "polite", "aria-label": "Transcript", tabindex: "0", "data-testid": "log" }, parts.lines);
  parts.send = h("button", { type: "submit", class: "u5-send", "data-testid": "send" }, "Send");
  parts.form = h("form", { class: "u5-form" }, parts.box, parts.send);
  parts.more = h("details", { class: "u5-more", "data-testid": "more" }, h("summary", {}, "Cards you can open"), parts.closed);
  parts.root = h(
    "section",
    // Lumino's attribute: without it, keys pressed on these buttons would move JupyterLab's cells.
    { class: "u5", "aria-label": "Mock interview", "data-lm-suppress-shortcuts": "true", "data-testid": "interview" },
    h("header", {}, parts.part, parts.time),
    h("div", { class: "u5-talk" }, parts.question, parts.log, parts.offer, parts.notice, parts.form, voice(parts)),
    h("aside", { "aria-label": "Cards" }, parts.tabs, parts.card, parts.more),
  );
  return parts;
}

// The view is attached to the page after `render`; an element outside of it cannot take the focus.
function focusWhenShown(element, tries = 60) {
  if (element.isConnected) element.focus({ preventScroll: true });
  if (document.activeElement !== element && tries > 0) requestAnimationFrame(() => focusWhenShown(element, tries - 1));
}

function render({ model, el }) {
  const parts = build(model);
  let began = performance.now();
  let ticksSent = 0; // how many of WARN_AT have been reached and reported
  let waiting = null; // the timer for SILENCE_MS
  let selected = "";

  const left = () => {
    const { left_s: seconds, running } = model.get("clock");
    return running ? seconds - (performance.now() - began) / 1000 : seconds;
  };

  const settle = () => {
    clearTimeout(waiting);
    waiting = null;
    parts.root.classList.remove("u5-waiting");
  };

  const send = (message, pending) => {
    model.send(message);
    if (!pending) return;
    parts.root.classList.add("u5-waiting");
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      parts.notice.textContent = "The kernel has not answered for 30 s. If it is idle (its circle is not filled), restart it; the transcript is on disk.";
    }, SILENCE_MS);
  };

  const say = (text) => {
    if (!text.trim() || model.get("ended")) return;
    parts.lines.append(turn({ who: "candidate", text }, "u5-pending"));
    parts.log.scrollTop = parts.log.scrollHeight;
    parts.offer.replaceChildren();
    send({ kind: "say", text }, true);
    parts.box.value = "";
  };

  const turn = ({ who, text, card, help }, extra = "") => {
    const name = h("span", { class: "u5-who" }, help ? `${WHO[who]}, ${help}` : WHO[who]);
    const shown = model.get("cards").find((candidate) => candidate.id === card);
    const body = shown
      ? h("button", { type: "button", class: "u5-chip", onclick: () => select(card) }, shown.title)
      : h("span", { class: "u5-text" }, text);
    return h("li", { class: `u5-turn u5-by-${who} ${extra}`, "data-who": who }, name, body);
  };

  // Only what is new is inserted: a live region is read aloud where it grows, and read again where it is replaced.
  const drawTurns = () => {
    const turns = model.get("turns");
    for (const pending of parts.lines.querySelectorAll(".u5-pending")) pending.remove();
    if (turns.length < parts.lines.children.length) parts.lines.replaceChildren();
    const fresh = turns.slice(parts.lines.children.length);
    parts.lines.append(...fresh.map((entry) => turn(entry)));
    parts.log.scrollTop = parts.log.scrollHeight;
    const asked = turns.filter(({ who, text }) => who === "interviewer" && text.includes("?")).at(-1);
    parts.question.textContent = asked && !model.get("ended") ? lastQuestion(asked.text) : "";
    if (parts.aloud.checked) speak(fresh);
  };

  const select = (id) => {
    selected = id;
    drawCards();
  };

  const drawCards = () => {
    const cards = model.get("cards");
    const open = cards.filter((card) => card.title);
    const card = open.find(({ id }) => id === selected) ?? open.at(-1);
    parts.tabs.replaceChildren(
      ...open.map(({ id, title }) => h("button", { type: "button", "aria-pressed": String(id === card.id), "data-card": id, onclick: () => select(id) }, title)),
    );
    parts.card.replaceChildren(
      ...(card
        ? [h("h4", {}, card.title), h("p", {}, card.note), card.rows.length ? table(card) : null].filter(Boolean)
        : [h("p", { class: "u5-empty" }, model.get("ended") ? "No card was opened." : "No card is open yet: ask for a measurement.")]),
    );
    parts.closed.replaceChildren(
      ...cards.filter(({ title }) => !title).map(({ id, about }) => h("button", { type: "button", "data-card": id, onclick: () => send({ kind: "open", card: id }, true) }, about)),
    );
  };

  const drawOffer = () => {
    parts.offer.replaceChildren(
      ...model.get("offer").map((about, i) => {
        const letter = "abc"[i];
        return h("button", { type: "button", "data-offer": letter, onclick: () => say(`Option ${letter}, please.`) }, `${letter}  ${about}`);
      }),
    );
  };

  const drawClock = () => {
    const { running, part } = model.get("clock");
    const ended = model.get("ended");
    parts.part.textContent = part;
    parts.time.textContent = ended ? "over" : running ? clock(left()) : `${clock(left())} (stopped)`;
    parts.root.classList.toggle("u5-over", ended);
    parts.time.classList.toggle("u5-late", !ended && left() < 60);
    for (const control of [parts.box, parts.send, ...parts.closed.children, ...parts.offer.children]) control.disabled = ended;
  };

  const tick = () => {
    const { running, whole_s: whole } = model.get("clock");
    drawClock();
    if (!running || model.get("ended")) return;
    const due = WARN_AT.filter((part) => left() <= part * whole).length;
    if (due > ticksSent) send({ kind: "tick" });
    ticksSent = Math.max(ticksSent, due);
  };

  // The kernel's last update in each answer is the clock.
  const answered = () => {
    settle();
    began = performance.now();
    ticksSent = WARN_AT.filter((part) => left() <= part * model.get("clock").whole_s).length;
    drawClock();
  };

  parts.form.addEventListener("submit", (event) => {
    event.preventDefault();
    say(parts.box.value);
  });
  parts.box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    say(parts.box.value);
  });

  const listeners = {
    "change:turns": drawTurns,
    "change:cards": drawCards,
    "change:offer": drawOffer,
    "change:notice": () => (parts.notice.textContent = model.get("notice")),
    "change:ended": drawClock,
    "change:clock": answered,
    "msg:custom": (message) => message.select && select(message.select),
  };
  for (const [name, act] of Object.entries(listeners)) model.on(name, act);
  el.append(parts.root);
  drawTurns();
  drawCards();
  drawOffer();
  parts.notice.textContent = model.get("notice");
  drawClock();
  send({ kind: "hello" }); // after a reload the page does not know how long ago the clock was set
  focusWhenShown(parts.box);
  const timer = setInterval(tick, 250);
  return () => {
    clearInterval(timer);
    clearTimeout(waiting);
    for (const [name, act] of Object.entries(listeners)) model.off(name, act);
  };
}

export default { render };
