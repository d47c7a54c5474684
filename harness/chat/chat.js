"use strict";
const byId = (id) => document.getElementById(id);
const turns = []; // the conversation, as the protocol has it
let model = "", running = null;

const headers = () => ({ "Content-Type": "application/json", ...(byId("key").value && { Authorization: `Bearer ${byId("key").value}` }) });
const ms = (from) => `${Math.round(performance.now() - from).toLocaleString("en")} ms`;

function show(kind, text) {
  const item = document.createElement("li"), said = document.createElement("span");
  item.className = kind;
  said.textContent = text; // never markup
  item.append(said);
  byId("turns").append(item);
  return said;
}

async function refusal(response) {
  if (response.status === 401) {
    byId("key-row").hidden = false;
    return new Error(byId("key").value ? "the server refuses this key." : "the server needs its key: enter it below, and ask again.");
  }
  const body = await response.json().catch(() => ({}));
  return new Error(body.error?.message || `status ${response.status}`);
}

async function findModel() {
  const response = await fetch("/v1/models", { headers: headers() });
  if (!response.ok) throw await refusal(response);
  model = (await response.json()).data[0].id;
  byId("model").textContent = model;
}

// Yields the data of server-sent events, which may be split anywhere.
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  for (let rest = ""; ;) {
    const { value, done } = await reader.read();
    if (done) return;
    const lines = (rest + value).split(/\r?\n/);
    rest = lines.pop();
    for (const line of lines) if (line.startsWith("data:")) yield line.slice(5).trim();
  }
}

async function ask(question) {
  const began = performance.now(), said = show("assistant", "…");
  let text = "", first = "", sources = [];
  try {
    if (!model) await findModel();
    const messages = [...turns, { role: "user", content: question }];
    running = new AbortController();
    const response = await fetch("/v1/chat/completions", { method: "POST", headers: headers(), body: JSON.stringify({ model, messages, stream: true }), signal: running.signal });
    if (!response.ok) throw await refusal(response);
    for await (const data of events(response.body)) {
      if (data === "[DONE]") break;
      const chunk = JSON.parse(data);
      if (chunk.error) throw new Error(chunk.error.message);
      const delta = chunk.choices[0]?.delta ?? {};
      if (delta.content) {
        first ||= ms(began);
        text += delta.content;
        said.textContent = text;
      }
      sources = delta.citations ?? sources;
    }
    turns.push({ role: "user", content: question }, { role: "assistant", content: text });
    note(said, `TTFT ${first}, end-to-end ${ms(began)}${sources.length ? `; sources: ${sources.join(", ")}` : ""}`);
  } catch (error) {
    if (!text) {
      said.textContent = "";
      byId("question").value ||= question; // to be asked again
    }
    const wrong = note(said, error.name === "AbortError" ? "Stopped." : `No answer: ${error.message}`);
    wrong.classList.add("wrong");
  }
}

function note(said, text) {
  const made = document.createElement("span");
  made.className = "times";
  made.textContent = text;
  said.after(made);
  return made;
}

function busy(on) {
  byId("ask").disabled = byId("clear").disabled = on;
  byId("stop").hidden = !on;
}

byId("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const question = byId("question").value.trim();
  if (!question || byId("ask").disabled) return;
  show("user", question);
  byId("question").value = "";
  busy(true);
  await ask(question);
  busy(false);
  byId("question").focus();
});
byId("question").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); byId("form").requestSubmit(); }
});
byId("stop").addEventListener("click", () => running?.abort());
byId("clear").addEventListener("click", () => { turns.length = 0; byId("turns").replaceChildren(); });
findModel().catch((error) => { byId("model").textContent = byId("key-row").hidden ? error.message : "needs a key"; });
