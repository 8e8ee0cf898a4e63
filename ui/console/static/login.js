// A link from another site comes without the login's cookie; this page's own request has it.
fetch('/desk/who').then(answer => { if (answer.ok) location.replace('/desk/'); }, () => {});
