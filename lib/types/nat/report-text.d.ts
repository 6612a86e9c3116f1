export type NatReport = import('./discover.js').NatReport;
/**
 * @param {NatReport} report
 * @returns {string} lines, the last one ended as well
 */
export declare function reportText(report: NatReport): string;
