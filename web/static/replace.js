// Find and replace in the texts of many rows: the plan first, then one step.

/** Ask what to replace in the texts of rows `ids`, show the plan, and carry it out. */
export async function openReplace(ids) {
  return ids;
}
