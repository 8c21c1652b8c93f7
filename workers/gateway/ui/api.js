// Calls to the gateway. A problem becomes an error whose message is its `detail`.

export async function call(method, path, body, more) {
  const headers = { Accept: "application/json", ...more };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    throw new Error("The gateway does not answer.");
  }
  const text = await response.text();
  const answer = text ? JSON.parse(text) : null;
  if (!response.ok) throw new Error(answer?.detail ?? `The gateway answered ${response.status}.`);
  return answer;
}

export const read = (path) => call("GET", path);
// What may be a second old, so that many open pages cost the database one look.
export const glance = (path) => call("GET", path, undefined, { "Cache-Control": "max-age=1" });
export const post = (path, body) => call("POST", path, body);

// Hands in one file and reports how much of it is sent, from 0 to 1. Answers the document.
export function upload(file, name, sent) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/ingest?name=${encodeURIComponent(name)}`);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = (event) => event.lengthComputable && sent(event.loaded / event.total);
    request.onerror = () => reject(new Error("The upload broke off."));
    request.onload = () => {
      let answer = null;
      try { answer = JSON.parse(request.responseText); } catch { /* an answer that is not JSON has no detail */ }
      if (request.status < 300) resolve(answer);
      else reject(new Error(answer?.detail ?? `The gateway answered ${request.status}.`));
    };
    request.send(file);
  });
}
