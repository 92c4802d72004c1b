/** One kind of request, as the labels of `apiserver_request_total` tell them apart. */
export interface RequestLabels {
  verb: string;
  group: string;
  version: string;
  resource: string;
  subresource: string;
  code: number;
  dryRun: boolean;
}

/** Counts requests the way the API server's own metric does, so that a benchmark can ask how many it cost. */
export class RequestMetrics {
  private readonly counts = new Map<string, { labels: RequestLabels; count: number }>();
  private total = 0;

  count(labels: RequestLabels): void {
    const key = `${labels.verb} ${labels.group} ${labels.version} ${labels.resource} ${labels.subresource} ${labels.code} ${labels.dryRun}`;
    const entry = this.counts.get(key);
    if (entry === undefined) this.counts.set(key, { labels, count: 1 });
    else entry.count += 1;
    this.total += 1;
  }

  get requests(): number {
    return this.total;
  }

  /** Requests by `VERB resource`. */
  byVerbAndResource(): Record<string, number> {
    const totals: Record<string, number> = {};
    for (const { labels, count } of this.counts.values()) {
      const resource = labels.subresource === '' ? labels.resource : `${labels.resource}/${labels.subresource}`;
      const key = `${labels.verb} ${resource}`;
      totals[key] = (totals[key] ?? 0) + count;
    }
    return totals;
  }

  /** The Prometheus text format. */
  text(gauges: Record<string, number>): string {
    const lines = [
      '# HELP apiserver_request_total Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, subresource, and HTTP response code.',
      '# TYPE apiserver_request_total counter',
    ];
    for (const { labels, count } of this.counts.values()) {
      const dryRun = labels.dryRun ? 'All' : '';
      lines.push(
        `apiserver_request_total{code="${labels.code}",dry_run="${dryRun}",group="${labels.group}",resource="${labels.resource}",subresource="${labels.subresource}",verb="${labels.verb}",version="${labels.version}"} ${count}`,
      );
    }
    for (const [name, value] of Object.entries(gauges)) lines.push(`# TYPE ${name} gauge`, `${name} ${value}`);
    return `${lines.join('\n')}\n`;
  }
}
