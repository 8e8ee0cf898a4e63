// The desk: draws queue and conversation anew when something has changed, keeps what was begun in the box, and sends what an agent does.
import {$, ask, listen, say, tell} from './console.js';

const SECOND = 1000, box = $('#reply'), compose = $('#compose');
let open = '';  // the conversation on the screen; '': none
const asked = new Map();  // by conversation: the customer's message for which a suggestion was asked for
const acting = new Set();  // conversations of which something is being done

// What was begun for each conversation outlives a reload: the words, the suggestion that they came from, and a line about it. Only
// `keep` changes what stands in the box.
// `round` counts how often the box was emptied: what was asked for before is not for the words after.
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

// Draws what the server says is so now: once more where something changed meanwhile, and until it answers.
let drawing = false, again = false, trouble = false, heard = '', retry;
const refresh = async () => {
    again = true;
    if (drawing) return;
    drawing = true;
    while (again) {
        again = false;
        const id = open, seen = $('#transcript [data-drawn]')?.dataset.drawn ?? '';
        const answer = await ask(`/desk/work?${new URLSearchParams({conversation: id, seen})}`);
        if (id !== open) again = true;
        else if (answer.ok) draw(id, JSON.parse(answer.text));
        else {
            clearTimeout(retry);
            retry = setTimeout(refresh, 3 * SECOND);
        }
        if (!answer.ok || trouble) say(answer.ok ? '' : answer.text);
        trouble = !answer.ok;
    }
    drawing = false;
};
const shown = {};  // what stands in each region; the same is not drawn again
const draw = (id, now) => {
    const log = $('#transcript'), follow = log.scrollHeight - log.scrollTop - log.clientHeight < 400, row = document.activeElement?.dataset.open;
    for (const [name, html] of Object.entries(now.regions)) {
        if (shown[name] !== html) $(`#${name}`).innerHTML = shown[name] = html;  // of a template, in which all texts are escaped
    }
    if (row !== undefined) $(`#queue [data-open="${CSS.escape(row)}"]`)?.focus();
    tell();
    const last = log.querySelector('article:last-of-type'), place = `${id} ${last?.dataset.message ?? ''}`, same = heard.startsWith(`${id} `);
    if (place !== heard && (!same || follow)) log.scrollTop = log.scrollHeight;
    if (place !== heard && same && last) $('#told').textContent = last.innerText;  // for screen readers: the log itself is drawn anew
    heard = place;
    if (!same) find($('#wish')?.textContent ?? '');
    $('#take').hidden = !now.free;
    const appears = compose.hidden && now.mine;
    compose.hidden = !now.mine;
    if (appears && !document.activeElement?.matches('input, textarea') && matchMedia('(min-width: 801px)').matches) box.focus();
    if (now.owed && asked.get(id) !== now.owed) {
        asked.set(id, now.owed);
        if (!box.value.trim()) suggest(id, false);
    }
};

const choose = id => {
    open = id;
    sessionStorage.setItem('open', id);
    compose.hidden = $('#take').hidden = true;  // until it is drawn
    compose.dataset.suggestion = '';
    $('#faq-words').value = $('#result').value = '';
    say('');
    show();
    listen(id, refresh);
    refresh();
};

// Does something with the open conversation. Returns whether it was done.
const post = (url, fields) => ask(url, {method: 'POST', body: new URLSearchParams(fields)});
const act = async (action, fields = {}) => {
    const id = open;
    if (acting.has(id)) return false;
    acting.add(id);
    say('');
    const answer = await post(`/desk/${action}`, {conversation: id, ...fields}), note = answer.ok ? JSON.parse(answer.text).note : answer.text;
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

// A suggestion goes into the box only if the words are still those that stood there when it was asked for: by itself nothing but an
// empty box. Words that are being composed (Korean) count as others.
let composing = false;
const suggest = async (id, pressed) => {
    const before = draft(id), state = name => { if (id === open) compose.dataset.suggestion = name; };
    state('asked');
    const answer = await post('/desk/suggest', {conversation: id});
    if (!answer.ok) {
        if (pressed && id === open) say(answer.text);
        return state('failed');
    }
    const {text, note} = JSON.parse(answer.text), now = draft(id), late = now.words !== before.words || now.round !== before.round || (composing && id === open);
    if (late && pressed) keep(id, {...now, origin: $('#origin').dataset.late});
    else if (!late) keep(id, text ? {...now, words: text, suggested: text, origin: note} : {...now, origin: note});
    state(late ? 'late' : text ? 'here' : 'none');
};

// FAQ entries for some words; an answer to earlier words is not shown.
let searches = 0;
const find = async words => {
    const mine = ++searches, answer = words.trim() ? await ask(`/desk/faq?${new URLSearchParams({words})}`) : {ok: true, text: ''};
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
box.addEventListener('compositionstart', () => { composing = true; });
box.addEventListener('compositionend', () => { composing = false; });
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

// The address names what is open; where it names nothing, what was open last is.
const named = () => new URLSearchParams(location.search).get('conversation') ?? '';
const last = sessionStorage.getItem('open');
if (!named() && last) history.replaceState(null, '', `/desk/?conversation=${encodeURIComponent(last)}`);
addEventListener('popstate', () => choose(named()));
choose(named());
