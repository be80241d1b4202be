// Talks to the service's own routes; what models write is only ever put in as text.
const $ = id => document.getElementById(id);
let models = [];
let asking = null;
const MIDI = "audio/midi", MUSICXML = "application/vnd.recordare.musicxml+xml";
const QUARTER = 24; // ticks of a piece
const takesFiles = model => ["melody", "opening"].includes(model.asked);

const make = (tag, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
};

const headers = () => {
  const told = { "Content-Type": "application/json" };
  if ($("key").value) told.Authorization = `Bearer ${$("key").value}`;
  return told;
};

async function call(path, body, signal) {
  const settings = body ? { method: "POST", headers: headers(), body: JSON.stringify(body), signal } : { headers: headers() };
  const response = await fetch(path, settings);
  if (!response.ok) {
    const { error } = await response.json().catch(() => ({ error: { message: response.statusText, remedy: "" } }));
    throw new Error(`${error.message}\n${error.remedy}`);
  }
  return response;
}

async function showModels() {
  try {
    models = (await (await call("v1/models")).json()).data;
    models = models.filter(model => !model.kinds.some(kind => ["retrieve", "recommend"].includes(kind)));
  } catch (error) {
    $("problem").textContent = error.message;
    $("state").textContent = "no model is shown";
    return;
  }
  $("problem").textContent = "";
  $("state").textContent = models.length === 1 ? "one model is served" : `${models.length} models are served`;
  const first = models[0]?.kinds.includes("classify");
  $("models").replaceChildren(make("legend", { textContent: "Models" }), ...models.map(model => {
    const box = make("input", { type: "checkbox", name: "model", value: model.id, checked: model.kinds.includes("classify") === first });
    box.addEventListener("change", showSettings);
    const about = make("button", { type: "button", textContent: "about", ariaLabel: `About ${model.id}` });
    about.addEventListener("click", () => showAbout(model));
    return make("span", {}, make("label", {}, box, ` ${model.id} `), about);
  }));
  showSettings();
}

const chosen = () => models.filter(model => document.querySelector(`input[name="model"][value="${model.id}"]`).checked);

function showSettings() {
  const offer = (field, select, values, none) => {
    $(field).hidden = !values.length;
    const before = $(select).value;
    $(select).replaceChildren(...(none && values.length ? [new Option(none, "")] : []), ...values.map(value => new Option(value, value)));
    if (values.includes(before)) $(select).value = before;
  };
  const drawing = chosen().filter(model => model.kinds.includes("generate"));
  offer("style-field", "style", [...new Set(drawing.flatMap(model => model.styles ?? []))]);
  offer("label-field", "label", [...new Set(drawing.flatMap(model => model.labels ?? []))], "what the prompt says");
  const music = drawing.filter(model => model.media === MIDI);
  $("bars-field").hidden = !music.length;
  $("midi-field").hidden = !music.some(takesFiles);
  $("prompt").placeholder = music.length ? "C major 4/4" : "";
}

async function showAbout(model) {
  const whole = await (await call(`v1/models/${model.id}`)).json();
  const run = whole.lineage ?? {};
  const facts = { revision: whole.revision, stage: run.stage, "package lock": run.package_lock, torch: run.torch, device: run.device };
  for (const [path, sha256] of Object.entries(run.inputs ?? {})) facts[path] = sha256;
  $("about-title").textContent = model.id;
  $("lineage").replaceChildren(...Object.entries(facts).filter(([, value]) => value).flatMap(([name, value]) =>
    [make("dt", { textContent: name }), make("dd", { textContent: value })]));
  $("card").textContent = whole.card?.replace(/^---\n.*?\n---\n+/s, "") ?? "There is no model card here: `make run` writes one."; // without its YAML
  $("about").showModal();
}

function shuffled(items) {
  const order = [...items];
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

async function ask() {
  const wanted = chosen();
  $("problem").textContent = wanted.length ? "" : "Choose a model.";
  if (!wanted.length) return;
  const mine = asking = new AbortController();
  $("stop").disabled = false;
  const blind = $("blind").checked && wanted.length > 1;
  const prompt = $("label").value || $("prompt").value;
  const columns = (blind ? shuffled(wanted) : wanted).map((model, place) => {
    const title = make("h2", { textContent: blind ? `Model ${"ABCDEFGH"[place] ?? place + 1}` : model.id });
    const column = { model, title, prompt, article: make("article", {}, title), blind, telling: [] };
    column.article.setAttribute("aria-label", title.textContent);
    return column;
  });
  columns.forEach(column => { column.all = columns; });
  $("answers").replaceChildren(...columns.map(column => column.article));
  await Promise.all(columns.map(column => fill(column, mine.signal).catch(error => {
    if (error.name !== "AbortError") column.article.append(make("p", { className: "facts", textContent: error.message, role: "alert" }));
  })));
  if (asking === mine) $("stop").disabled = true;
}

async function fill(column, signal) {
  const { model, prompt } = column;
  if (model.kinds.includes("classify")) {
    const said = await (await call("v1/classify", { model: model.id, texts: [prompt] }, signal)).json();
    const [{ label, probabilities }] = said.answers;
    const all = Object.entries(probabilities).map(([name, p]) => `${name} ${p.toFixed(3)}`).join(", ");
    show(column, said, 0, make("p", { className: "text", textContent: label }), label, all);
    return;
  }
  const body = { model: model.id, prompt: model.prompted ? prompt : "", n: Number($("n").value) };
  if ($("seed").value) body.seed = Number($("seed").value);
  if (model.styles) body.style = $("style").value;
  if (model.media === MIDI) {
    const [file] = takesFiles(model) ? $("midi").files : [];
    if (file) Object.assign(body, { prompt: "", midi: await encoded(file) });
    if ($("bars").value) body.bars = Number($("bars").value);
    Object.assign(body, { temperature: Number($("temperature").value), top_p: Number($("top_p").value) });
    const said = await (await call("v1/generate", body, signal)).json();
    said.answers.forEach((answer, index) => show(column, said, index, piece(answer, `piece ${index + 1}`), null, `seed ${said.seed}`));
    return;
  }
  if (model.media !== "text/plain") {
    const said = await (await call("v1/generate", body, signal)).json();
    said.answers.forEach(({ image }, index) => {
      const picture = make("img", { src: `data:image/png;base64,${image}`, alt: `image ${index + 1} of ${prompt || "no prompt"}` });
      show(column, said, index, picture, null, `seed ${said.seed}`);
    });
    return;
  }
  body.temperature = Number($("temperature").value);
  body.top_p = Number($("top_p").value);
  body.stream = true;
  const texts = Array.from({ length: body.n }, () => make("p", { className: "text" }));
  column.article.append(...texts);
  for await (const { name, data } of events(await call("v1/generate", body, signal))) {
    if (name === "error") throw new Error(`${data.error.message}\n${data.error.remedy}`);
    if (name !== "done") { texts[data.index].textContent += data.text; continue; }
    texts.forEach(text => text.remove());
    data.answers.forEach((answer, index) => {
      const score = answer.score == null ? "" : `, discriminator ${answer.score.toFixed(2)}`; // which not every model has
      show(column, data, index, make("p", { className: "text", textContent: answer.text }), answer.text, `${answer.tokens} tokens, seed ${data.seed}`, score);
    });
  }
}

const encoded = async file => btoa(Array.from(new Uint8Array(await file.arrayBuffer()), byte => String.fromCharCode(byte)).join(""));

// A piece with its roll, and what player.js plays.
function piece({ music, midi, musicxml, svg }, name) {
  const notes = music.voices.flatMap(voice => voice.notes.map(note => [...note, Number(voice.drums)]));
  const play = make("button", { type: "button", textContent: "play", ariaLabel: `play: ${name}`, ariaPressed: "false" });
  Object.assign(play.dataset, { notes: JSON.stringify(notes), tick: 60 / music.tempo / QUARTER, ticks: music.ticks });
  const file = (type, content, kind, ending) => make("a", {
    href: `data:${type};base64,${content}`, download: `${name}.${ending}`, textContent: kind, ariaLabel: `${kind}: ${name}`,
  });
  const roll = new DOMParser().parseFromString(atob(svg), "image/svg+xml").documentElement;
  roll.style.minWidth = `${music.ticks}px`;
  return make("figure", { className: "piece", ariaLabel: name }, play, file(MIDI, midi, "MIDI", "mid"),
    file(MUSICXML, musicxml, "MusicXML", "musicxml"), make("div", { tabIndex: 0, role: "region", ariaLabel: `roll: ${name}` }, roll));
}

async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let left = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (left + value).split("\n\n");
    left = blocks.pop();
    for (const block of blocks) {
      const lines = Object.fromEntries(block.split("\n").map(line => line.split(/: (.*)/s)));
      yield { name: lines.event, data: JSON.parse(lines.data) };
    }
  }
}

// An answer with what can be said of it. `answer` is null of what is no text; an empty text can be corrected. What is
// `telling` of the model waits until a blind choice is made.
function show(column, said, index, shown, answer, facts, telling = "") {
  const note = make("span", { className: "facts", role: "status" });
  const correction = make("textarea", { rows: 2, maxLength: 4000, ariaLabel: "What the answer should have been", placeholder: "what it should have been" });
  const consent = make("input", { type: "checkbox" });
  const known = make("p", { className: "facts", textContent: facts + (column.blind ? "" : telling) });
  column.telling.push(() => { known.textContent = facts + telling; });
  let word = { thumb: null, correction: null }; // sent whole each time, since the last word counts
  const send = async changed => {
    const next = { ...word, ...changed };
    const about = { request: said.id, model: column.model.id, prompt: column.prompt, answer: answer ?? "" };
    try {
      const { id } = await (await call("v1/feedback", { ...about, ...next, consent: consent.checked })).json();
      word = next;
      note.textContent = `kept as ${id.slice(0, 8)}; ${consent.checked ? "a model may" : "no model will"} learn from it`;
      for (const [button, thumb] of thumbs) button.ariaPressed = word.thumb === thumb;
      if (column.blind) column.all.forEach(reveal);
    } catch (error) {
      note.textContent = error.message;
    }
  };
  const thumbs = new Map([[1, "good", "Good answer"], [-1, "bad", "Bad answer"]].map(([thumb, sign, label]) => {
    const button = make("button", { type: "button", textContent: sign, ariaLabel: label, ariaPressed: "false" });
    button.addEventListener("click", () => send({ thumb: word.thumb === thumb ? null : thumb }));
    return [button, thumb];
  }));
  const correct = make("button", { type: "button", textContent: "Send correction" });
  correct.addEventListener("click", () => {
    const text = correction.value.trim() || null;
    if (text || word.correction) send({ correction: text }); else correction.focus();
  });
  consent.addEventListener("change", () => { if (word.thumb || word.correction) send({}); });
  const learn = make("label", {}, consent, " a model may learn from this");
  column.article.append(shown, known,
    make("div", { className: "say" }, ...thumbs.keys(), learn, ...(answer === null ? [] : [correction, correct]), note));
}

function reveal(column) {
  column.blind = false; // for an answer that is still to come, too
  column.title.textContent = `${column.model.id} (was ${column.article.getAttribute("aria-label")})`;
  column.telling.forEach(tell => tell());
}

$("ask").addEventListener("submit", event => { event.preventDefault(); asking?.abort(); ask(); });
$("stop").addEventListener("click", () => asking?.abort());
$("prompt").addEventListener("keydown", event => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) $("ask").requestSubmit(); });
$("key").addEventListener("change", showModels);
$("close").addEventListener("click", () => $("about").close());
showModels();
