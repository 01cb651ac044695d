/** Many, so that the limit of participants in one is not what holds a flood up. */
const rooms = 50;

export function floodedRoom(number: number): string {
  return `flooded-${number % rooms}`;
}
