/** The REST API as a script uses it: a bearer token of a login, JSON in and out. */
export class ApiClient {
  readonly #url: string;
  readonly #login: { username: string; password: string };
  #token: Promise<string> | undefined;

  constructor(url: string, login: { username: string; password: string }) {
    this.#url = url;
    this.#login = login;
  }

  /** The bearer token of this client's session; logs in at the first call. */
  token(): Promise<string> {
    this.#token ??= this.#signIn();
    return this.#token;
  }

  /** Throws with status and body when the answer is not 2xx. */
  async request<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await fetch(`${this.#url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${await this.token()}`,
        ...(method === 'GET' ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text.slice(0, 1000)}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  get<T>(path: string): Promise<T> {
    return this.request<T>('GET', path);
  }

  post<T>(path: string, body: unknown): Promise<T> {
    return this.request<T>('POST', path, body);
  }

  delete<T>(path: string): Promise<T> {
    return this.request<T>('DELETE', path, {});
  }

  async #signIn(): Promise<string> {
    const answer = await fetch(`${this.#url}/api/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(this.#login),
    });
    if (!answer.ok) throw new Error(`login as ${this.#login.username}: ${answer.status} ${await answer.text()}`);
    return ((await answer.json()) as { token: string }).token;
  }
}
