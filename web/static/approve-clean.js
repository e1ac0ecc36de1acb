// Approve the rows that nothing stands against: some at random are shown first, then all, as one step.

/** Show what is clean and a sample of it, and approve all at a yes. */
export async function openApproveClean() {}
