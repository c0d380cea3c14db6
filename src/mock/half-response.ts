/** Time for head and half to reach the reader. */
const BEFORE_CUT = 20;

/** The same head, and a body that breaks off in the middle. */
export async function halfResponse(response: Response): Promise<Response> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  const half = bytes.subarray(0, Math.floor(bytes.length / 2));
  let given = false;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (!given && half.length > 0) {
        given = true;
        controller.enqueue(half);
        return;
      }
      // Head and half first, as on a socket: msw drops an answer whose body fails at once, and fetch would reject instead of the body.
      await new Promise((resolve) => setTimeout(resolve, BEFORE_CUT));
      controller.error(new TypeError('terminated'));
    },
  });
  const headers = new Headers([...response.headers].map(([name, value]) => [name, value]));
  headers.set('content-length', `${bytes.length}`);
  return new Response(body, { status: response.status, headers });
}
