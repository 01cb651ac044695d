/** `/create_room` and `/stats`, by any method as in the original. */
import { UserError } from '../../errors.ts';
import type { HttpApp } from '../../http/http-app.ts';
import { defaultRoomId, type TalksyRooms } from './talksy-rooms.ts';

const plainText = { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' };

export function serveRoomRoutes(app: HttpApp, rooms: TalksyRooms): void {
  app.hono.all('/create_room', (context) => {
    try {
      const { id, name } = rooms.create(context.req.query('name') ?? null);
      return context.body(`room_id: ${id}, room_name: ${name}`, 200, plainText);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return context.body(error.message, error.code === 'limit-rooms' ? 503 : 400, plainText);
    }
  });
  app.hono.all('/stats', (context) => {
    const room = rooms.get(context.req.query('room_id') || defaultRoomId);
    if (room === undefined) return context.json({ error: 'There is no such room.' }, 404);
    return context.json(room.statistics(new Date()), 200, { 'Cache-Control': 'no-store' });
  });
}
