/** The path the product is mounted under, always with slashes at both ends: `/` or `/gitops/`. The server injects it as `<base href>`. */
export const basePath: string = new URL('.', document.baseURI).pathname;

/** Makes a path of the server (`api/v1/…`, `auth/login`) absolute under the mount point. */
export function serverPath(path: string): string {
  return basePath + path.replace(/^\/+/, '');
}
