// What every page of the console does: it hears of changes, shows ages, knows keys, and has forms and links change a part of the page.
const SECOND = 1000, title = document.title;
export const $ = selector => document.querySelector(selector);
export const say = words => { $('#note').textContent = words; };

// Sends a request. Returns whether it was answered well, and the answer's text: else what the agent should know.
export const ask = async (url, options) => {
    try {
        const answer = await fetch(url, options), text = await answer.text();
        if (answer.status === 401 || answer.url.endsWith('/desk/login')) location.reload();  // the login has ended
        return {ok: answer.ok, text, url: answer.url};
    } catch {
        return {ok: false, text: document.body.dataset.lost};
    }
};

// Changes come as server-sent events: of the queue, and of the conversation that is open. `changed` is called after each, and after
// each connection.
let source, waiting = null;
export const listen = (conversation, changed) => {
    source?.close();
    const events = source = new EventSource(`/desk/live?conversation=${encodeURIComponent(conversation)}`);
    let known = null;
    events.onmessage = message => {
        const now = JSON.parse(message.data);
        if (waiting !== null && now.waiting > waiting && $('#sound').checked) beep();
        waiting = now.waiting;
        document.title = waiting ? `(${waiting}) ${title}` : title;
        $('#offline').hidden = true;
        if (message.data !== known) changed();
        known = message.data;
    };
    const away = () => { $('#offline').hidden = false; known = null; };
    events.addEventListener('away', away);
    events.addEventListener('end', () => location.reload());
    events.onerror = async () => {
        away();
        await ask('/desk/who');
        if (events.readyState === EventSource.CLOSED) setTimeout(() => { if (events === source) listen(conversation, changed); }, 3 * SECOND);
    };
};
const beep = () => {
    const audio = new AudioContext(), tone = audio.createOscillator(), volume = audio.createGain();
    volume.gain.value = 0.08;
    tone.connect(volume).connect(audio.destination);
    tone.start();
    tone.stop(audio.currentTime + 0.15);
    tone.onended = () => audio.close();
};

// How long ago: "45 s", "12 min", "3 h". Whoever waits for five minutes is late.
export const tell = () => document.querySelectorAll('[data-since]').forEach(time => {
    const seconds = Math.max(0, Math.round(Date.now() / SECOND - time.dataset.since));
    time.textContent = seconds < 60 ? `${seconds} s` : seconds < 3600 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3600)} h`;
    time.classList.toggle('late', seconds >= 3600 || (seconds >= 300 && time.closest('[data-queue=waiting]') !== null));
});
setInterval(tell, SECOND);

// Forms and links with `data-swap` change the page's main part. Where they fail, all stays as it is.
const swap = async (url, options) => {
    const answer = await ask(url, options), focused = document.activeElement?.id;
    if (!answer.ok) return say(answer.text);
    $('#page').replaceChildren(...new DOMParser().parseFromString(answer.text, 'text/html').querySelector('#page').childNodes);
    history.replaceState(null, '', answer.url);
    if (focused) document.getElementById(focused)?.focus();
    tell();
};
document.addEventListener('submit', event => {
    const form = event.target;
    if (form.id === 'logout') sessionStorage.clear();
    if (!('swap' in form.dataset)) return;
    event.preventDefault();
    const fields = new URLSearchParams(new FormData(form, event.submitter));
    if (form.method === 'post') swap(form.action, {method: 'POST', body: fields});
    else swap(`${form.action}?${fields}`);
});
document.addEventListener('change', event => {
    if (event.target.id === 'sound') localStorage.setItem('frontdesk-sound', event.target.checked ? '1' : '');
    if (event.target.type === 'radio') event.target.form.requestSubmit();
});
document.addEventListener('click', event => {
    const link = event.target.closest('a[data-swap][href]'), language = event.target.closest('[data-language]')?.dataset.language;
    if (link) { event.preventDefault(); swap(link.href); }
    if (language) {
        document.cookie = `frontdesk_language=${language}; path=/desk; max-age=31536000; samesite=strict`;
        location.reload();
    }
});

// Alt with a button's letter, and Ctrl+Enter within its form (or outside of any), press it.
document.addEventListener('keydown', event => {
    const enter = event.key === 'Enter' && (event.ctrlKey || event.metaKey);
    const button = (enter || (event.altKey && !event.ctrlKey)) && $(`button[data-key="${enter ? 'Enter' : CSS.escape(event.code)}"]`);
    if (!button || button.disabled || !button.offsetParent || (enter && ![null, undefined, button.form].includes(event.target.form))) return;
    event.preventDefault();
    button.click();
});
// In review the button says which it is: accepting, or accepting a correction.
document.addEventListener('input', event => {
    const accept = event.target.id === 'review-answer' && $('#review-accept'), before = event.target.defaultValue?.trim();
    if (accept) accept.textContent = accept.dataset[before && event.target.value.trim() !== before ? 'correct' : 'accept'];
});

$('#sound').checked = localStorage.getItem('frontdesk-sound') === '1';
tell();
if (!$('#work')) listen('', () => {});
