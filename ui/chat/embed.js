// The chat on another site: <script src="https://desk.example.com/embed.js" async></script>
//
// It adds a button that opens the chat in a frame from the desk's own address. The site's scripts cannot read the
// conversation, and its styles do not reach the button. The desk's `ui.origins` lists the sites that may show the frame.
(() => {
    const settings = SETTINGS;
    const desk = new URL("./", document.currentScript.src);
    const texts = (document.documentElement.lang || navigator.language).startsWith("ko") ? settings.texts.ko : settings.texts.en;
    const DRAWING = "M4 4h16a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2H9l-5 4v-4a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2Z";
    const CROSS = "M6 6l12 12M18 6L6 18";
    const STYLE = `
        :host { all: initial; }
        button { font: 600 15px/1 system-ui, sans-serif; cursor: pointer; border: 0; }
        button:focus-visible { outline: 3px solid ${settings.text}; outline-offset: -6px; box-shadow: 0 0 0 3px ${settings.colour}; }
        svg { width: 22px; height: 22px; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
        .open { position: fixed; right: 20px; bottom: 20px; z-index: 2147483000; display: flex; gap: 10px; align-items: center; padding: 15px 20px;
            border-radius: 999px; background: ${settings.colour}; color: ${settings.text}; box-shadow: 0 4px 16px rgb(0 0 0 / 25%); }
        .news { position: absolute; top: 2px; right: 4px; width: 14px; height: 14px; border-radius: 50%; background: #dc2626; border: 2px solid #fff; }
        .panel { position: fixed; right: 20px; bottom: 20px; z-index: 2147483000; display: flex; flex-direction: column; overflow: hidden;
            width: 400px; height: 640px; max-width: calc(100vw - 40px); max-height: calc(100dvh - 40px);
            border-radius: 16px; background: ${settings.colour}; box-shadow: 0 8px 40px rgb(0 0 0 / 30%); }
        .bar { display: flex; align-items: center; justify-content: space-between; padding: 0 4px 0 16px; color: ${settings.text};
            font: 600 14px/40px system-ui, sans-serif; }
        .close { padding: 11px 12px; background: none; color: inherit; }
        .close svg { width: 18px; height: 18px; display: block; }
        iframe { flex: 1; width: 100%; border: 0; background: Canvas; }
        [hidden] { display: none !important; }
        @media (max-width: 480px) {
            .panel { inset: 0; width: auto; height: auto; max-width: none; max-height: none; border-radius: 0; }
        }`;

    const host = document.createElement("div");
    const root = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet(); // unlike a <style>, no policy of the site forbids it
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];

    const open = button("open", DRAWING);
    open.append(texts.open);
    open.setAttribute("aria-expanded", "false");
    const news = open.appendChild(document.createElement("span"));
    news.className = "news";
    news.hidden = true;
    news.setAttribute("role", "img");
    news.setAttribute("aria-label", texts.news);
    const panel = document.createElement("div");
    panel.className = "panel";
    panel.hidden = true;
    panel.setAttribute("role", "dialog");
    panel.setAttribute("aria-label", texts.frame.replace("{company}", () => settings.company));
    const bar = panel.appendChild(document.createElement("div"));
    bar.className = "bar";
    bar.append(texts.open);
    const close = bar.appendChild(button("close", CROSS));
    close.setAttribute("aria-label", texts.close);
    root.append(open, panel);
    let frame = null;

    open.onclick = () => show(true);
    close.onclick = () => show(false);
    panel.onkeydown = event => event.key === "Escape" && show(false);
    addEventListener("message", event => {
        if (!frame || event.source !== frame.contentWindow || event.origin !== desk.origin) return;
        if (event.data?.frontdesk?.close) show(false);
        if (event.data?.frontdesk?.news) news.hidden = !panel.hidden;
    });
    document.body ? place() : addEventListener("DOMContentLoaded", place);

    function place() {
        document.body.append(host);
    }

    // The frame is loaded when it is first opened, and then stays, with any words typed but not sent.
    function show(shown) {
        if (!frame) {
            frame = document.createElement("iframe");
            frame.title = panel.getAttribute("aria-label");
            frame.src = desk.href;
            panel.append(frame);
        }
        panel.hidden = !shown;
        open.hidden = shown;
        news.hidden = true;
        open.setAttribute("aria-expanded", String(shown));
        (shown ? frame : open).focus();
    }

    function button(name, drawing) {
        const node = document.createElement("button");
        const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
        const path = document.createElementNS(svg.namespaceURI, "path");
        node.type = "button";
        node.className = name;
        svg.setAttribute("viewBox", "0 0 24 24");
        svg.setAttribute("aria-hidden", "true");
        path.setAttribute("d", drawing);
        svg.append(path);
        node.append(svg);
        return node;
    }
})();
