/** The same head, and a body that breaks off in the middle. */
export async function halfResponse(response: Response): Promise<Response> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  const half = bytes.subarray(0, Math.floor(bytes.length / 2));
  let given = false;
  const body = new ReadableStream<Uint8Array>({
    // The half is delivered before the error: a reader sees it, as on a socket.
    pull(controller) {
      if (!given && half.length > 0) controller.enqueue(half);
      else controller.error(new TypeError('terminated'));
      given = true;
    },
  });
  const headers = new Headers([...response.headers].map(([name, value]) => [name, value]));
  headers.set('content-length', `${bytes.length}`);
  return new Response(body, { status: response.status, headers });
}
