import { Presets, SingleBar } from 'cli-progress';

export interface Progress {
  update(step: number, loss: number): void;
  stop(): void;
}

/** A progress bar with loss and speed; silent where stdout is not a terminal. */
export function progressBar(name: string, steps: number, batchSize: number): Progress {
  if (!process.stdout.isTTY) return { update: () => {}, stop: () => {} };

  // Training never returns to the event loop, so the bar must leave Ctrl-C, the cursor and line wrapping as they are.
  const bar = new SingleBar(
    {
      stream: process.stdout,
      format: `${name.padEnd(9)} {bar} {percentage} %  loss {loss}  {speed} images/s`,
      barsize: 24,
      gracefulExit: false,
      hideCursor: false,
      linewrap: true,
      autopadding: true,
    },
    Presets.shades_classic,
  );
  const every = 50;
  const start = performance.now();
  let sum = 0;
  bar.start(steps, 0, { loss: '-', speed: '-' });
  return {
    update(step, loss) {
      sum += loss;
      if (step % every !== 0 && step !== steps) return;
      const images = Math.round((1000 * step * batchSize) / (performance.now() - start));
      bar.update(step, { loss: (sum / every).toFixed(3), speed: images.toLocaleString('en') });
      sum = 0;
    },
    stop: () => bar.stop(),
  };
}
