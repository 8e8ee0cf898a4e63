// Runs once when the console is loaded, as `js_on_load` of a Gradio component: `trigger` sends an event to app.py.
const SECOND = 1000, title = document.title;
const $ = selector => document.querySelector(selector);
let events, watched, waiting = null;

// What has changed comes by server-sent events.
const listen = () => {
    const conversation = $('#head [data-conversation]')?.dataset.conversation ?? '';
    if (events && conversation === watched && events.readyState !== EventSource.CLOSED) return;
    events?.close();
    watched = conversation;
    events = new EventSource(`/desk/live?conversation=${encodeURIComponent(conversation)}`);
    let known = null;
    events.onmessage = message => {
        const pulse = JSON.parse(message.data);
        if (waiting !== null && pulse.waiting > waiting && $('#sound')?.checked) beep();
        waiting = pulse.waiting;
        document.title = waiting ? `(${waiting}) ${title}` : title;
        offline(false);
        const drawn = $('#transcript [data-drawn]')?.dataset.drawn ?? '';
        const stale = conversation && drawn.split(' ')[1] !== String(pulse.revision);  // also where an answer got lost
        if (known === null) reopen();
        if (known !== message.data || stale) trigger('pulse', {drawn});
        known = message.data;
    };
    events.addEventListener('away', () => { offline(true); known = null; });
    events.addEventListener('end', () => location.reload());
    events.onerror = () => {
        offline(true);
        known = null;
        fetch('/desk/who').then(answer => { if (answer.status === 401) location.reload(); }, () => {});
    };
};
const offline = gone => { const shown = $('#offline'); if (shown) shown.hidden = !gone; };
setInterval(listen, 3 * SECOND);

const beep = () => {
    const audio = new AudioContext(), tone = audio.createOscillator(), volume = audio.createGain();
    volume.gain.value = 0.08;
    tone.connect(volume).connect(audio.destination);
    tone.start();
    tone.stop(audio.currentTime + 0.15);
    tone.onended = () => audio.close();
};

// How long ago: "45 s", "12 min", "3 h".
const age = since => {
    const seconds = Math.max(0, Math.round(Date.now() / SECOND - since));
    return seconds < 60 ? `${seconds} s` : seconds < 3600 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3600)} h`;
};
const tell = () => document.querySelectorAll('[data-since]').forEach(time => {
    const text = age(Number(time.dataset.since));
    if (time.textContent !== text) time.textContent = text;
    time.classList.toggle('late', Boolean(time.closest('[data-queue=waiting]')) && text.includes('min') && parseInt(text) >= 5 || text.includes('h'));
});
setInterval(tell, SECOND);

// What is told to screen readers when new words come: the log itself is drawn anew each time.
const told = document.body.appendChild(document.createElement('div'));
told.id = 'told';
told.setAttribute('aria-live', 'polite');

// New words are scrolled to, unless somebody reads further up; the row that had the focus keeps it; a box that appears gets it,
// unless something is being written elsewhere.
let newest = '', focused = null, writing = false;
const follow = () => {
    tell();
    listen();
    const log = $('#transcript'), last = log?.querySelector('article:last-of-type');
    const place = `${watched} ${last?.dataset.message ?? ''}`;
    if (log && place !== newest) {
        const same = newest.startsWith(`${watched} `);
        newest = place;
        if (same && last) told.textContent = last.innerText;
        if (!same || log.scrollHeight - log.scrollTop - log.clientHeight < 400) log.scrollTop = log.scrollHeight;
    }
    const box = $('#reply textarea');
    const elsewhere = document.activeElement?.matches('input, textarea');
    if (box && !writing && !elsewhere && matchMedia('(min-width: 801px)').matches) box.focus();
    if (box && !box.value && begun().conversation === watched && begun().words) write(begun().words);
    writing = Boolean(box);
    if (watched) sessionStorage.setItem('frontdesk-open', watched);
    if (focused !== null && document.activeElement === document.body) $(`#queue [data-open="${CSS.escape(focused)}"]`)?.focus();
    greet();
};
const greet = () => {
    const sound = $('#sound'), other = $('#bar [data-language]')?.dataset.language;
    if (other) document.documentElement.lang = other === 'ko' ? 'en' : 'ko';
    if (!sound || sound.dataset.ready) return;
    sound.dataset.ready = '1';
    sound.checked = localStorage.getItem('frontdesk-sound') === '1';
};
new MutationObserver(follow).observe(document.body, {childList: true, subtree: true});
document.addEventListener('focusin', event => { focused = event.target.closest?.('#queue [data-open]')?.dataset.open ?? null; });

// Gradio loads the page anew when a request has failed: the conversation comes back, and what was begun in the box.
const begun = () => JSON.parse(sessionStorage.getItem('frontdesk-begun') ?? '{}');
const reopen = () => {
    const open = sessionStorage.getItem('frontdesk-open');
    if (open && !watched) trigger('reopen', {id: open});
};
document.addEventListener('input', event => {
    if (event.target.closest?.('#reply')) {
        sessionStorage.setItem('frontdesk-begun', JSON.stringify({conversation: watched, words: event.target.value}));
    }
});

const write = (text, end = text.length) => {
    const box = $('#reply textarea');
    Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value').set.call(box, text.slice(0, 2000));  // as typed: Gradio listens
    box.dispatchEvent(new Event('input', {bubbles: true}));
    box.selectionStart = box.selectionEnd = end;
};
// Text goes into the reply at the cursor.
const insert = text => {
    const box = $('#reply textarea');
    if (!box) return;
    const before = box.value.slice(0, box.selectionStart), after = box.value.slice(box.selectionEnd);
    const space = before && !/\s$/.test(before) ? ' ' : '';
    write(before + space + text + after, (before + space + text).length);
    box.focus();
};
document.addEventListener('click', event => {
    const button = event.target.closest?.('[data-insert], [data-language]');
    if (event.target.closest?.('#send, #discard, #give-back, #close')) sessionStorage.removeItem('frontdesk-begun');
    if (event.target.closest?.('#head .back')) sessionStorage.removeItem('frontdesk-open');
    if (button?.dataset.insert) insert(button.dataset.insert);
    if (button?.dataset.language) {
        document.cookie = `frontdesk_language=${button.dataset.language}; path=/desk; max-age=31536000; samesite=strict`;
        location.reload();
    }
});
document.addEventListener('submit', () => sessionStorage.clear());  // logging out
document.addEventListener('change', event => {
    if (event.target.id === 'sound') localStorage.setItem('frontdesk-sound', event.target.checked ? '1' : '');
});
document.addEventListener('keydown', event => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && event.target.closest?.('#reply')) {
        event.preventDefault();
        $('#send')?.click();
    }
    const name = event.altKey && !event.ctrlKey ? {KeyT: 'take', KeyG: 'suggest'}[event.code] : null, button = name && $(`#${name}`);
    if (button && button.offsetParent) { event.preventDefault(); button.click(); }
    if ((event.key === 'ArrowDown' || event.key === 'ArrowUp') && event.target.matches?.('[data-open]')) {
        const rows = [...document.querySelectorAll('#queue [data-open]')];
        const next = rows[rows.indexOf(event.target) + (event.key === 'ArrowDown' ? 1 : -1)];
        if (next) { event.preventDefault(); next.focus(); }
    }
});
