// Every page of the console: live events, ages, keys, and forms and links that replace a part of the page.
const SECOND = 1000, title = document.title;
export const $ = selector => document.querySelector(selector);
export const say = words => { $('#note').textContent = words; };

// Sends a request. Returns whether it succeeded, and the answer's text; if it failed, words for the agent.
export const ask = async (url, options) => {
    try {
        const answer = await fetch(url, options), text = await answer.text();
        if (answer.status === 401 || answer.url.endsWith('/desk/login')) location.reload();  // the login has ended
        return {ok: answer.ok, text, url: answer.url};
    } catch {
        return {ok: false, text: document.body.dataset.lost};
    }
};

// Changes of the queue and of the open conversation come as server-sent events. `changed` is called for each, and
// after each new connection.
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
        const again = () => { if (events === source) listen(conversation, changed); };
        if (events.readyState === EventSource.CLOSED) setTimeout(again, 3 * SECOND);
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

// How long ago: "45 s", "12 min", "3 h". A customer who waits five minutes is late.
export const tell = () => document.querySelectorAll('[data-since]').forEach(time => {
    const seconds = Math.max(0, Math.round(Date.now() / SECOND - time.dataset.since));
    const minutes = Math.floor(seconds / 60), hours = Math.floor(seconds / 3600);
    const text = hours ? `${hours} h` : minutes ? `${minutes} min` : `${seconds} s`;
    if (time.textContent !== text) time.textContent = text;
    time.classList.toggle('late', seconds >= 3600 || (seconds >= 300 && time.closest('[data-queue=waiting]') !== null));
});
setInterval(tell, SECOND);

// Forms and links with `data-swap` replace the main part of the page. If one fails, all stays as it is. The newest
// request counts, and a POST is sent once.
let swaps = 0, posting = false;
const swap = async (url, options) => {
    if (posting) return;
    posting = options !== undefined;
    const mine = ++swaps, answer = await ask(url, options), focused = document.activeElement?.id;
    if (mine !== swaps) return;
    posting = false;
    if (!answer.ok) {
        say(answer.text);
        return;
    }
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

// Alt and a letter press the button of that key; so does Ctrl+Enter, but not from a field of another form.
document.addEventListener('keydown', event => {
    const enter = event.key === 'Enter' && (event.ctrlKey || event.metaKey);
    const button = (enter || (event.altKey && !event.ctrlKey)) && $(`button[data-key="${enter ? 'Enter' : CSS.escape(event.code)}"]`);
    if (!button || button.disabled || !button.offsetParent || (enter && ![null, undefined, button.form].includes(event.target.form))) return;
    event.preventDefault();
    button.click();
});
// The button of the review says whether it accepts the answer or a correction.
document.addEventListener('input', event => {
    const accept = event.target.id === 'review-answer' && $('#review-accept'), before = event.target.defaultValue?.trim();
    if (accept) accept.textContent = accept.dataset[before && event.target.value.trim() !== before ? 'correct' : 'accept'];
});

$('#sound').checked = localStorage.getItem('frontdesk-sound') === '1';
tell();
export const ready = () => { document.body.dataset.ready = 'yes'; };  // for tests: from here on the page hears its keys
if (!$('#work')) {
    listen('', () => {});
    ready();
}
