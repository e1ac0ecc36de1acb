// What happened to a row, newest first: Timeline({id}).
function Timeline() {
  return null;
}

export { Timeline };
