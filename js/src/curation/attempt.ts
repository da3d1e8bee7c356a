// Work of the kernel that may fail, with what it said.
import { type Signal, useSignal } from "@preact/signals";

/** What went wrong last ("": nothing), and a function that waits for work and keeps its error there. */
export function useAttempt(): [problem: Signal<string>, attempt: (work: Promise<void>) => void] {
  const problem = useSignal("");
  const attempt = async (work: Promise<void>) => {
    problem.value = "";
    try {
      await work;
    } catch (error) {
      problem.value = (error as Error).message;
    }
  };
  return [problem, attempt];
}
