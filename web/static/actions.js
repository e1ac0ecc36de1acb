// The button for the next action of a row: Actions({line}).
function Actions() {
  return null;
}

export { Actions };
