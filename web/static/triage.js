// What went wrong in a run, why, and what to do next: TriagePage({run}).
function TriagePage() {
  return null;
}

export { TriagePage };
