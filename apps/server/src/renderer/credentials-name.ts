/** The name credentials are sealed under: those of one repository cannot be passed off as another's. */
export function credentialsName(url: string): string {
  return `credentials:${url}`;
}
