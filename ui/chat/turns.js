// Draws a conversation. Words of customers, model and agents become text nodes, never markup, so nothing can be injected.
// Nodes are kept by the message's id, so that the focus, an opened source and a half-written reason survive each new view.

const PENDING = "pending";
const THUMBS = { 1: "M7 10v11H3V10h4Zm2 0 4-8c1.7 0 3 1.3 3 3v4h4.3a2 2 0 0 1 2 2.3l-1.2 8a2 2 0 0 1-2 1.7H9V10Z" };
const REASON_LENGTH = 500;
const NAME_LENGTH = 120; // of a source
const TURNING = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g; // makes what follows run the other way
const ROWS = /^.* \| .*(?:\n.* \| .*)+$/gm; // of a table: two lines or more with cells

// `act.rate(id, value, reason)` is called for a thumb, under a refusal `act.person()` and, for a question of the FAQ, `act.ask(question)`.
export function draw(log, view, texts, act) {
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 60;
    const nodes = new Map([...log.children].map(node => [node.dataset.id, node]));
    const wanted = turnsOf(view);
    const last = wanted.at(-1);
    const mine = last?.speaker === "customer" && !nodes.has(String(last.id));
    const shown = wanted.map(turn => {
        const node = nodes.get(String(turn.id)) ?? made(turn, texts, act);
        update(node, turn, texts, act, turn === last);
        return node;
    });
    if (!shown.length) shown.push(greeting(nodes, texts));
    for (const node of nodes.values()) if (!shown.includes(node)) node.remove();
    shown.forEach((node, place) => log.children[place] === node || log.insertBefore(node, log.children[place] ?? null));
    if (atEnd || mine) log.scrollTop = log.scrollHeight;
}

// The view's turns, with the answer in progress: at the end, or in place of the one that it replaces.
function turnsOf(view) {
    const turns = view?.turns ?? [];
    if (view?.pending == null) return turns;
    const before = turns.at(-1)?.speaker === "bot" ? turns.slice(0, -1) : turns;
    return [...before, { id: PENDING, speaker: "bot", text: view.pending, pending: true }];
}

function greeting(nodes, texts) {
    const node = nodes.get("greeting") ?? element("p", "greeting");
    node.dataset.id = "greeting";
    write(node, texts.greeting);
    return node;
}

function made(turn) {
    const node = element("div", `turn ${turn.speaker}`, element("span", "who"), element("div", "text"));
    node.dataset.id = turn.id;
    node.querySelector(".text").dataset.testid = { customer: "user" }[turn.speaker] ?? turn.speaker;
    node.querySelector(".text").dir = "auto"; // Arabic and Hebrew run from right to left
    return node;
}

function update(node, turn, texts, act, last) {
    const names = { customer: texts.you, bot: turn.pending ? texts.writing : texts.assistant, agent: turn.agent };
    write(node.querySelector(".who"), names[turn.speaker] ?? "");
    (turn.speaker === "customer" ? write : say)(node.querySelector(".text"), turn.text);
    node.classList.toggle("writing", Boolean(turn.pending));
    if (turn.speaker !== "bot" || turn.pending) return;
    const under = node.querySelector(".under") ?? node.appendChild(element("div", "under"));
    part(under, ".incomplete", turn.cut, () => element("p", "incomplete"), node => write(node, texts.incomplete));
    part(under, ".cited", turn.sources.length, () => element("div", "cited"), node => cite(node, turn.sources, texts));
    part(under, ".source", turn.source && !turn.sources.length, source, node => describe(node, turn.source, texts));
    part(under, ".thumbs", turn.text, () => thumbs(turn.id, act), node => press(node, turn.rating, texts));
    part(under, ".why", under.querySelector(".why"), null, form => ask(form, texts));
    const offered = turn.refusal && last && act.person;
    const heading = turn.refusal ? texts.near : "";
    part(under, ".near", last && act.person && turn.near.length, () => near(turn.near, act), node => write(node.firstChild, heading));
    part(under, ".connect", offered, () => button("connect", act.person), node => write(node, texts.person));
}

// Words as they are, but rows of cells as a table.
function say(node, text) {
    if (node.said === text) return;
    node.said = text;
    let at = 0;
    const parts = [...text.matchAll(ROWS)].flatMap(({ 0: rows, index }) => {
        const before = text.slice(at, index).replace(/\n$/, "");
        at = index + rows.length + 1;
        return [before, table(rows.split("\n").map(row => row.split(" | ")))];
    });
    node.replaceChildren(...parts, text.slice(at));
}

function table(rows) {
    return element("table", "", element("tbody", "", ...rows.map(cells => element("tr", "", ...cells.map(cell => element("td", "", cell))))));
}

// What the customer may have meant: a click asks it.
function near(questions, act) {
    const buttons = questions.map(question => {
        const node = button("ask", () => act.ask(question));
        node.textContent = question;
        return node;
    });
    return element("div", "near", element("p", ""), ...buttons);
}

// Keeps a part of `parent` if it is wanted, and updates it.
function part(parent, selector, wanted, make, refresh) {
    let node = parent.querySelector(selector);
    if (!wanted) return node?.remove();
    if (!node) node = parent.appendChild(make());
    refresh(node);
}

function source() {
    return element("details", "source", element("summary", ""), element("p", "entry"), element("p", "place"));
}

function describe(node, source, texts) {
    const place = [texts.place.replace("{id}", () => source.id), source.source].filter(Boolean).join(" · ");
    write(node.querySelector("summary"), texts.source);
    write(node.querySelector(".entry"), texts.entry.replace("{question}", () => source.question));
    write(node.querySelector(".place"), place);
}

// Where an answer was published, a line for each of its sources. The lines stay as long as they say the same.
function cite(node, sources, texts) {
    const now = texts.source + JSON.stringify(sources);
    if (node.dataset.now === now) return;
    node.dataset.now = now;
    node.replaceChildren(...sources.map(source => element("p", "", `${texts.source}: `, ...joined(citation(source, texts)))));
}

// The parts of a citation: what it is called, a link where it has an address, page and date.
function citation({ title, heading, page, url, updated }, texts) {
    const address = link(url);
    const name = [title, heading?.replaceAll(" > ", " › ")].filter(Boolean).join(" › ") || (address ? address.host + address.pathname : "");
    const letters = [...name.replace(TURNING, "")];
    const called = element("bdi", "", letters.length > NAME_LENGTH ? `${letters.slice(0, NAME_LENGTH).join("")}…` : letters.join(""));
    const day = /^\d{4}-\d\d-\d\d/.exec(updated ?? "");
    const date = day && new Date(day[0]);
    const written = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeZone: "UTC" });
    return [
        address ? Object.assign(element("a", "", called), { href: address.href, target: "_blank", rel: "noopener noreferrer" }) : called,
        page && element("bdi", "", texts.page.replace("{page}", () => page)),
        date && !isNaN(date) && texts.as_of.replace("{date}", written.format(date)),
    ].filter(Boolean);
}

function joined(parts) {
    return parts.flatMap((part, place) => (place ? [" · ", part] : [part]));
}

// An address that the browser may be sent to; the gateway names no other, but what is drawn here was stored.
function link(url) {
    const address = URL.canParse(url ?? "") ? new URL(url) : null;
    return address && ["http:", "https:"].includes(address.protocol) && !address.username ? address : null;
}

function thumbs(id, act) {
    const group = element("div", "thumbs");
    group.setAttribute("role", "group");
    for (const value of [1, -1]) {
        const thumb = group.appendChild(button(value === 1 ? "up" : "down", async () => {
            const chosen = thumb.getAttribute("aria-pressed") === "true" ? 0 : value;
            if (await act.rate(id, chosen, "")) reason(group.parentElement, id, chosen, act);
        }));
        thumb.append(icon());
    }
    return group;
}

function press(group, rating, texts) {
    for (const [thumb, value, label] of [[group.children[0], 1, texts.helpful], [group.children[1], -1, texts.unhelpful]]) {
        thumb.setAttribute("aria-pressed", String(rating === value));
        thumb.setAttribute("aria-label", label);
        thumb.title = label;
    }
}

// A line for the reason, after a rating.
function reason(under, id, value, act) {
    under.querySelector(".why")?.remove();
    if (!value) return;
    const input = element("input", "");
    const label = element("label", "", element("span", ""), input);
    const form = element("form", "why", label, element("button", "rate"));
    form.dataset.value = value;
    input.maxLength = REASON_LENGTH;
    form.onsubmit = async event => {
        event.preventDefault();
        if (!(await act.rate(id, value, input.value.trim()))) return;
        form.replaceChildren(element("p", "thanks"));
        form.querySelector(".thanks").setAttribute("role", "status");
        act.redraw();
    };
    under.append(form);
    act.redraw();
}

function ask(form, texts) {
    const words = { span: form.dataset.value === "1" ? texts.why_good : texts.why, button: texts.rate, ".thanks": texts.thanks };
    for (const [selector, text] of Object.entries(words)) {
        const node = form.querySelector(selector);
        if (node) write(node, text);
    }
}

function icon() {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const path = document.createElementNS(svg.namespaceURI, "path");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    path.setAttribute("d", THUMBS[1]);
    svg.append(path);
    return svg;
}

function button(name, click) {
    const node = element("button", name);
    node.type = "button";
    node.onclick = click;
    return node;
}

function element(tag, name, ...children) {
    const node = document.createElement(tag);
    if (name) node.className = name;
    node.append(...children);
    return node;
}

// Changes a text only if it differs: a selection in it stays, and it is not read aloud twice.
function write(node, text) {
    if (node.textContent !== text) node.textContent = text;
}
