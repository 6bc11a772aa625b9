import * as lockstep from 'lockstep';
import { trainWith } from '../../training.cjs';

export const dynamic = 'force-dynamic';

export function GET() {
  return Response.json(trainWith(lockstep));
}
