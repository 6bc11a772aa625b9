import * as imported from 'lockstep';
import { required } from '../../required.cjs';

export const dynamic = 'force-dynamic';

export function GET() {
  return Response.json({ isOneClass: imported.Adam === required.Adam });
}
