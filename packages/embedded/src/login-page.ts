import type { DirectoryUser } from './identity-provider.ts';

/** The sign-in form of the embedded identity provider: one self-contained page. */
export function loginPage(page: { action: string; users: DirectoryUser[]; error?: string }): string {
  const hints = page.users
    .map(
      (user) =>
        `<li><button type="button" data-username="${escapeHtml(user.username)}"><b>${escapeHtml(user.username)}</b><span>${escapeHtml(user.groups.join(', '))}</span></button></li>`,
    )
    .join('');
  const form = `<form method="post" action="${escapeHtml(page.action)}">
<label>User name<input name="username" autocomplete="username" required autofocus></label>
<label>Password<input name="password" type="password" autocomplete="current-password" required></label>
<button class="primary">Sign in</button></form>
<h2>Demonstration users</h2><ul>${hints}</ul><p>Their passwords were printed when Lockstep started.</p>`;
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Sign in to the demonstration directory</title><style>${style}</style></head><body><main>
<h1>Demonstration directory</h1>${page.error === undefined ? '' : `<p role="alert">${escapeHtml(page.error)}</p>`}
${page.action === '' ? '' : form}</main><script>
for (const b of document.querySelectorAll('[data-username]')) b.onclick = () => {
  document.querySelector('[name=username]').value = b.dataset.username;
  document.querySelector('[name=password]').focus();
};</script></body></html>`;
}

const style = `:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}body{margin:0;min-height:100vh;display:grid;place-items:center;background:light-dark(#f4f6f8,#11161c)}
main{width:min(24rem,calc(100vw - 2rem));padding:2rem;border-radius:12px;background:light-dark(#fff,#1a212a);box-shadow:0 1px 3px #0003}
h1{font-size:1.25rem;margin:0 0 1rem}h2{font-size:.875rem;margin:1.5rem 0 .5rem;color:light-dark(#4b5766,#a9b6c4)}label{display:block;margin:.75rem 0;font-weight:500}
input{display:block;box-sizing:border-box;width:100%;margin-top:.25rem;padding:.5rem .75rem;font:inherit;border:1px solid light-dark(#8a97a6,#6b7a8a);border-radius:8px;background:transparent;color:inherit}
.primary{width:100%;margin-top:.75rem;padding:.6rem;font:inherit;font-weight:600;color:#fff;background:#1d5fbf;border:0;border-radius:8px;cursor:pointer}
ul{list-style:none;margin:0;padding:0;display:grid;gap:.25rem}li button{width:100%;display:flex;justify-content:space-between;gap:1rem;padding:.5rem .75rem;font:inherit;font-size:.875rem;color:inherit;background:transparent;border:1px solid light-dark(#d5dce4,#34404d);border-radius:8px;cursor:pointer}
li span{color:light-dark(#4b5766,#a9b6c4)}p{font-size:.875rem;color:light-dark(#4b5766,#a9b6c4)}[role=alert]{color:light-dark(#a1190f,#ff9c94)}:focus-visible{outline:3px solid #5b9bff;outline-offset:2px}`;

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
