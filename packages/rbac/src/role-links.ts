import type { RoleManager } from 'casbin';

/**
 * Who has which role, for Casbin. Casbin's own role manager follows every path through the links, which a few roles that
 * include each other turn into hours, and stops silently after ten steps; this one visits each role once.
 */
export class RoleLinks implements RoleManager {
  readonly #roles = new Map<string, Set<string>>();
  readonly #closures = new Map<string, ReadonlySet<string>>();

  /** The name itself, its roles, and the roles those include. */
  closure(name: string): ReadonlySet<string> {
    const known = this.#closures.get(name);
    if (known !== undefined) return known;
    const closure = new Set([name]);
    for (const member of closure) for (const role of this.#roles.get(member) ?? []) closure.add(role);
    // Only names that have roles are remembered: others come from callers.
    if (closure.size > 1) this.#closures.set(name, closure);
    return closure;
  }

  add(member: string, role: string): void {
    const roles = this.#roles.get(member);
    if (roles === undefined) this.#roles.set(member, new Set([role]));
    else roles.add(role);
    this.#closures.clear();
  }

  syncedHasLink(member: string, role: string): boolean {
    return this.closure(member).has(role);
  }

  async hasLink(member: string, role: string): Promise<boolean> {
    return this.syncedHasLink(member, role);
  }

  async addLink(member: string, role: string): Promise<void> {
    this.add(member, role);
  }

  async deleteLink(member: string, role: string): Promise<void> {
    this.#roles.get(member)?.delete(role);
    this.#closures.clear();
  }

  async clear(): Promise<void> {
    this.#roles.clear();
    this.#closures.clear();
  }

  async getRoles(member: string): Promise<string[]> {
    return [...(this.#roles.get(member) ?? [])];
  }

  async getUsers(role: string): Promise<string[]> {
    return [...this.#roles].filter(([, roles]) => roles.has(role)).map(([member]) => member);
  }

  async getDomains(): Promise<string[]> {
    return [];
  }

  async getAllDomains(): Promise<string[]> {
    return [];
  }

  /** Casbin prints while debugging; there is nothing to print to here. */
  async printRoles(): Promise<void> {}
}
