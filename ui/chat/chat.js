// The customer's chat in the browser. The server keeps the conversation: the page draws its views and sends only new words.
//
// The views arrive as a stream (Server-Sent Events): it costs the server nothing while nothing happens, brings a person's
// words at once, and its end is noticed. A hidden tab closes it, because a browser opens few connections to one address,
// and polls now and then for words of a person.

import { draw } from "./turns.js";

const TRY_AGAIN_MS = 3000;
const LOOK_MS = 20000; // between two polls of a hidden tab
const LONG = 4000;
const title = document.title;
const page = document.documentElement;

let texts; // in all languages
let language = "en";
let view = null; // the newest one
let link = ""; // what is wrong with the connection, as a key of texts
let refused = ""; // why the last request was refused, as a key of texts
let heard = null; // ids of messages that were read aloud; null before the first view
let sending = false;
let stream = null;
let again; // the timer of the next attempt to connect
let log, notice, announcer;

// Called once by the page, with the node that holds the conversation; then `speak` opens the stream.
export function start(node) {
    texts = JSON.parse(node.dataset.texts);
    [log, announcer] = [node.querySelector(".log"), node.querySelector(".announcer")];
    notice = document.querySelector("#notice [role=status]");
    let atEnd = true;
    log.addEventListener("scroll", () => (atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 60));
    new ResizeObserver(() => atEnd && (log.scrollTop = log.scrollHeight)).observe(log); // a notice or a keyboard takes space
    addEventListener("online", connect);
    addEventListener("offline", () => lost("offline"));
    document.addEventListener("visibilitychange", () => (document.hidden ? rest() : connect()));
    addEventListener("keydown", event => event.key === "Escape" && !event.isComposing && tellFrame({ close: true }));
    setInterval(look, LOOK_MS);
    if (parent === window) return;
    page.classList.add("framed");
    addEventListener("focus", () => document.activeElement === document.body && focusBox());
    focusBox();
}

// Shows the conversation in a language.
export function speak(chosen) {
    if (stream && language === chosen) return;
    page.lang = language = chosen;
    log.setAttribute("aria-label", texts[language].chat);
    connect();
    show();
}

// Sends the text in the box, or `words`. The box is cleared once the server has stored them.
export async function send(words) {
    const box = document.querySelector("#question textarea");
    const text = words ?? box.value;
    const sent = text.slice(0, LONG); // the server takes less, and says so
    if (text.trim() && !sending && (await say(sent)) && words === undefined && box.value === text) {
        box.value = "";
        box.dispatchEvent(new Event("input", { bubbles: true }));
    }
    if (matchMedia("(pointer: fine)").matches || words === undefined) box.focus(); // the button that was pressed may be gone by now
}

// One message at a time: pressing Enter twice sends it once.
async function say(text) {
    sending = true;
    try {
        return await post("messages", { text, language });
    } finally {
        sending = false;
    }
}

export const stop = () => post("stop", {}).then(focusBox);
export const retry = () => post("answer", { again: true }).then(focusBox);
export const clear = () => post("restart", {}).then(focusBox);
export const person = () => post("person", { language }).then(focusBox);

const act = { rate: (id, value, reason) => post("ratings", { message_id: id, value, reason }), person, ask: send, redraw: () => show() };

function focusBox() {
    document.querySelector("#question textarea").focus();
}

// True if the server accepted it. Otherwise the customer reads why not.
async function post(what, body) {
    refused = navigator.onLine ? "unreachable" : "offline";
    try {
        const answer = await fetch(`/api/chat/${what}`, {
            method: "POST",
            headers: { "Content-Type": "application/json" },
            body: JSON.stringify(body),
        });
        refused = answer.ok ? "" : await why(answer);
        if (answer.status === 401) enter();
        // The answer is the view, except for a message. An open stream sends it too, in order; this one may be older.
        if (answer.ok && answer.status !== 201 && stream?.readyState !== EventSource.OPEN) view = await answer.json();
    } catch {
        connect();
    }
    show();
    return refused === "";
}

async function why(answer) {
    const { error } = await answer.json().catch(() => ({}));
    const key = error?.code ?? error;
    if (answer.status === 401) return "not_stored"; // `enter` finds out what is wrong with the cookie
    return key in texts[language] ? key : answer.status === 429 ? "too_many" : "not_stored";
}

function connect() {
    if (document.hidden) return;
    stream?.close();
    const opened = (stream = new EventSource(`/api/chat/events?language=${language}`));
    opened.onmessage = event => {
        link = "";
        view = { ...view, ...JSON.parse(event.data) };
        show();
    };
    opened.onerror = () => {
        lost(navigator.onLine ? "reconnecting" : "offline");
        if (opened.readyState === EventSource.CLOSED && opened === stream) ask(); // the server or a proxy refused it
    };
}

// Finds out why there is no stream, and tries again after a while.
async function ask() {
    const answer = await fetch("/api/chat").catch(() => null);
    if (answer?.status === 401) enter();
    else later(connect);
}

// The server does not know this browser's cookie: visit the page again, which sets one, or says that it cannot now.
async function enter() {
    const framed = parent === window ? {} : { "X-Framed": "1" };
    const visit = await fetch("/", { headers: { Accept: "text/html", ...framed } }).catch(() => null);
    const wait = visit?.headers.get("Retry-After");
    if (!visit?.ok || wait) {
        lost(navigator.onLine ? "not_entered" : "offline");
        return later(enter, wait * 1000);
    }
    const answer = await fetch("/api/chat").catch(() => null);
    if (answer?.status === 401) lost("no_session"); // the browser did not keep it
    else connect();
}

function later(what, wait) {
    clearTimeout(again);
    again = setTimeout(what, wait || TRY_AGAIN_MS);
}

function lost(key) {
    link = key;
    show();
}

function rest() {
    stream?.close();
}

// For a hidden tab, while a person is called or there.
async function look() {
    if (!document.hidden || !["waiting", "agent"].includes(view?.state)) return;
    const answer = await fetch(`/api/chat?language=${language}`).catch(() => null);
    if (answer?.ok) view = await answer.json();
    show();
}

function show() {
    if (!view || !log) return void status();
    draw(log, view, texts[language], act);
    status();
    page.dataset.state = view.state;
    page.classList.toggle("begun", view.turns.length > 0 || view.pending !== null);
    page.classList.toggle("busy", view.busy);
    page.classList.toggle("by-person", view.state !== "bot");
    const box = document.querySelector("#question textarea");
    if (view.state === "bot") box.setAttribute("aria-describedby", "about"); // the box has the focus: who answers is heard with it
    else box.removeAttribute("aria-describedby");
    box.placeholder = view.state === "waiting" && !view.open ? texts[language].message : texts[language].placeholder;
    announce();
}

// What the customer should know now. The attributes show the conversation's state to styles and tests.
function status() {
    const said = texts[language];
    const state = view ? waitingFor(said) : "";
    const trouble = [...(view?.notices ?? []), refused, link].map(key => said[key]).filter(Boolean);
    const text = [...new Set([state, ...trouble].filter(Boolean))].join("\n");
    if (notice.textContent !== text) notice.textContent = text;
    notice.dataset.kind = trouble.length ? "trouble" : "state";
    notice.dataset.questions = view ? view.turns.filter(turn => turn.speaker === "customer").length : "";
    notice.dataset.busy = Boolean(view?.busy);
    notice.dataset.revision = view?.revision ?? "";
    notice.dataset.link = link;
}

function waitingFor(said) {
    if (view.state === "closed") return said.closed;
    if (view.state === "agent") return said.agent.replace("{agent}", () => view.agent);
    if (view.state !== "waiting") return "";
    if (!view.open) return said.away;
    return view.place === null ? said.called : view.place === 1 ? said.next : said.queued.replace("{place}", view.place);
}

// Complete answers and a person's words are read aloud once; an answer in progress is not read word by word.
function announce() {
    const others = view.turns.filter(turn => turn.speaker !== "customer");
    const fresh = heard === null ? [] : others.filter(turn => !heard.has(turn.id));
    heard = new Set(others.map(turn => turn.id));
    if (!fresh.length) return;
    announcer.replaceChildren(...fresh.map(turn => {
        const line = document.createElement("p");
        line.textContent = `${turn.agent ?? texts[language].assistant}: ${turn.text}`;
        return line;
    }));
    tellFrame({ news: fresh.length });
    if (document.hidden) {
        document.title = `(${fresh.length}) ${title}`;
        document.addEventListener("visibilitychange", () => (document.title = title), { once: true });
    }
}

// Tells the page that shows the chat in a frame (embed.js listens), but nothing of the conversation.
function tellFrame(what) {
    if (parent !== window) parent.postMessage({ frontdesk: what }, "*");
}
