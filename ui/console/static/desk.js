// The desk: redraws queue and conversation when something has changed, keeps drafts, and sends what an agent does.
import {$, ask, listen, ready, say, tell} from './console.js';

const SECOND = 1000, box = $('#reply'), compose = $('#compose');
let open = '';  // the conversation on the screen; '': none
const asked = new Map();  // by conversation: the customer's message for which the last suggestion was requested
const acting = new Set();  // conversations with an action in progress

// The draft of each conversation: the words, the suggestion that they come from, and a line about it. It survives a
// reload. Only `keep` changes the box. `round` counts how often the draft was sent or discarded.
const draft = id => JSON.parse(sessionStorage.getItem(`draft ${id}`)) ?? {words: '', suggested: '', origin: '', round: 0};
const keep = (id, begun) => {
    sessionStorage.setItem(`draft ${id}`, JSON.stringify(begun));
    if (id === open) show();
};
const show = () => {
    const begun = draft(open);
    if (box.value !== begun.words) box.value = begun.words;
    $('#origin').textContent = begun.origin;
};

// Redraws from the server's state; again if something changed meanwhile, and until the server answers.
let drawing = false, again = false, trouble = false, retry;
const refresh = async () => {
    again = true;
    if (drawing) return;
    drawing = true;
    try {
        while (again) await redraw();
    } finally {
        drawing = false;
    }
};
const redraw = async () => {
    again = false;
    const id = open, seen = $('#transcript [data-drawn]')?.dataset.drawn ?? '';
    const answer = await ask(`/desk/work?${new URLSearchParams({conversation: id, seen})}`);
    if (!answer.ok || trouble) say(answer.ok ? '' : answer.text);
    trouble = !answer.ok;
    clearTimeout(retry);
    if (!answer.ok) retry = setTimeout(refresh, 3 * SECOND);
    else if (id === open) draw(id, JSON.parse(answer.text));
};

let heard = '';  // the conversation and the newest message in the transcript
const drawn = {};  // the markup of each region; the same is not drawn again
const draw = (id, now) => {
    const log = $('#transcript'), atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 400;
    const row = document.activeElement?.dataset.open;
    for (const [name, html] of Object.entries(now.regions)) {
        if (drawn[name] !== html) $(`#${name}`).innerHTML = drawn[name] = html;  // from a template that escapes all texts
    }
    if (row !== undefined) $(`#queue [data-open="${CSS.escape(row)}"]`)?.focus();
    tell();
    const last = log.querySelector('article:last-of-type'), place = `${id} ${last?.dataset.message ?? ''}`;
    const same = heard.startsWith(`${id} `);
    if (place !== heard && (!same || atEnd)) log.scrollTop = log.scrollHeight;
    if (place !== heard && same && last) $('#told').textContent = last.innerText;  // for screen readers
    heard = place;
    if (!same) find($('#wish')?.textContent ?? '');
    $('#take').hidden = !now.free;
    const appears = compose.hidden && now.mine, writing = document.activeElement?.matches('input, textarea');
    compose.hidden = !now.mine;
    if (appears && !writing && matchMedia('(min-width: 801px)').matches) box.focus();
    if (now.owed && asked.get(id) !== now.owed) {
        asked.set(id, now.owed);
        if (!box.value.trim()) suggest(id, false);
    }
};

const choose = id => {
    open = id;
    sessionStorage.setItem('open', id);
    compose.hidden = $('#take').hidden = true;  // until it is drawn
    compose.dataset.suggestion = requests.has(id) ? 'asked' : '';
    $('#faq-words').value = $('#result').value = '';
    say('');
    show();
    listen(id, refresh);
    refresh();
};

// Does something with the open conversation. Returns whether it succeeded.
const post = (url, fields) => ask(url, {method: 'POST', body: new URLSearchParams(fields)});
const act = async (action, fields = {}) => {
    const id = open;
    if (acting.has(id)) return false;
    acting.add(id);
    say('');
    const answer = await post(`/desk/${action}`, {conversation: id, ...fields});
    const note = answer.ok ? JSON.parse(answer.text).note : answer.text;
    acting.delete(id);
    if (id === open) say(note);
    refresh();
    return !note;
};
const send = async () => {
    const id = open, {words, suggested} = draft(id);
    if (await act('send', {text: words, suggested}) && draft(id).words === words) forget(id);
};
const finish = async (action, fields) => {
    const id = open;
    if (await act(action, fields)) forget(id);
};
const forget = id => keep(id, {words: '', suggested: '', origin: '', round: draft(id).round + 1});

// A suggestion replaces only the words for which it was asked: without the button, those of an empty box. If the agent
// wrote, sent or discarded something meanwhile, it is late. The newest request counts; the button joins one in progress.
const requests = new Map();
const suggest = async (id, pressed) => {
    const request = {before: draft(id), pressed};
    if (pressed && requests.has(id)) {
        Object.assign(requests.get(id), request);
        return;
    }
    requests.set(id, request);
    mark(id, 'asked');
    const answer = await post('/desk/suggest', {conversation: id});
    if (requests.get(id) !== request) return;
    requests.delete(id);
    mark(id, answer.ok ? offer(id, request, JSON.parse(answer.text)) : 'failed');
    if (!answer.ok && request.pressed && id === open) say(answer.text);
};
const offer = (id, {before, pressed}, {text, note}) => {
    const now = draft(id);
    if (now.words !== before.words || now.round !== before.round) {
        if (pressed) keep(id, {...now, origin: $('#origin').dataset.late});
        return 'late';
    }
    keep(id, text ? {...now, words: text, suggested: text, origin: note} : {...now, origin: note});
    return text ? 'here' : 'none';
};
const mark = (id, state) => { if (id === open) compose.dataset.suggestion = state; };

// FAQ entries for some words; only the newest search is shown.
let searches = 0;
const find = async words => {
    const mine = ++searches, nothing = {ok: true, text: ''};
    const answer = words.trim() ? await ask(`/desk/faq?${new URLSearchParams({words})}`) : nothing;
    if (answer.ok && mine === searches) $('#faq').innerHTML = answer.text;
};
// Text goes into the reply at the cursor.
const insert = text => {
    if (compose.hidden) return;
    const before = box.value.slice(0, box.selectionStart), after = box.value.slice(box.selectionEnd);
    const head = before + (before && !/\s$/.test(before) ? ' ' : '') + text;
    keep(open, {...draft(open), words: (head + after).slice(0, box.maxLength)});
    box.focus();
    box.selectionStart = box.selectionEnd = head.length;
};

box.addEventListener('input', () => keep(open, {...draft(open), words: box.value}));
$('#send').addEventListener('click', send);
$('#faq-words').addEventListener('input', event => find(event.target.value));
$('#faq-search').addEventListener('submit', event => { event.preventDefault(); find($('#faq-words').value); });
$('#take').addEventListener('click', () => act('take'));
$('#suggest').addEventListener('click', () => suggest(open, true));
$('#discard').addEventListener('click', () => { forget(open); box.focus(); });
$('#give-back').addEventListener('click', () => finish('give-back'));
$('#close').addEventListener('click', () => finish('close', {result: $('#result').value}));
document.addEventListener('click', event => {
    const row = event.target.closest('[data-open]'), words = event.target.closest('[data-insert]')?.dataset.insert;
    if (words) insert(words);
    if (!row || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    history.pushState(null, '', row.href);
    choose(row.dataset.open);
});
document.addEventListener('keydown', event => {
    if ((event.key !== 'ArrowDown' && event.key !== 'ArrowUp') || !event.target.matches('#queue [data-open]')) return;
    const rows = [...document.querySelectorAll('#queue [data-open]')];
    event.preventDefault();
    rows[rows.indexOf(event.target) + (event.key === 'ArrowDown' ? 1 : -1)]?.focus();
});

// The address names the open conversation; without one, the last one is opened.
const named = () => new URLSearchParams(location.search).get('conversation') ?? '';
const latest = sessionStorage.getItem('open');
if (!named() && latest) history.replaceState(null, '', `/desk/?conversation=${encodeURIComponent(latest)}`);
addEventListener('popstate', () => choose(named()));
choose(named());
ready();
