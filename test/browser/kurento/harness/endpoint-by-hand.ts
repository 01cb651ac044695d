/** Endpoints without an app server's logic: the test says through kurento-client what is done with each. */
import type { Page } from 'puppeteer-core';
import type { BrowserName } from '../../harness/browsers.ts';
import type { StartOptions } from '../page/kurento-page.ts';
import type { Colour, KurentoPage, KurentoStage } from './kurento-stage.ts';

export interface ByHandOptions extends Partial<StartOptions>, KurentoPage {
  readonly mode: StartOptions['mode'];
  /** Of the pipeline the endpoint is in; default "pipeline". */
  readonly pipeline?: string;
  /** Further constructor parameters of the endpoint. */
  readonly params?: Readonly<Record<string, unknown>>;
  readonly colour?: Colour;
  /** What to do with the endpoint before it is negotiated. */
  readonly before?: () => Promise<unknown>;
}

/** The client and pipeline of a test. */
export async function openPipeline(it: KurentoStage, label = 'pipeline'): Promise<void> {
  if (label === 'pipeline') await it.app.open('client', it.url);
  await it.app.create('client', label, 'MediaPipeline');
}

/** A page, and an endpoint of the same name that is not negotiated yet. */
export async function openEndpoint(
  it: KurentoStage,
  browser: BrowserName,
  name: string,
  { pipeline = 'pipeline', params = {}, colour, before, picture, asChrome = false }: ByHandOptions,
): Promise<Page> {
  const look = { asChrome, ...(picture === undefined ? {} : { picture }) };
  const page = await it.openAt('by-hand', browser, name, colour, look);
  await it.app.create(pipeline, name, 'WebRtcEndpoint', params);
  await it.app.attach(name, name);
  await before?.();
  return page;
}

/** Negotiates as the tutorials do: the page offers, and processOffer and gatherCandidates leave back to back. */
export async function negotiate(
  it: KurentoStage,
  page: Page,
  name: string,
  { mode, media, dataChannels = false, simulcast = false, multistream = false }: ByHandOptions,
): Promise<{ offer: string; answer: string }> {
  const options = { of: name, mode, dataChannels, simulcast, multistream, ...(media ? { media } : {}) };
  const offer = await page.evaluate((start) => kurentoPage.offer(start), options);
  const answered = it.app.call<string>(name, 'processOffer', offer);
  const gathering = it.app.call(name, 'gatherCandidates');
  const answer = await answered;
  await page.evaluate((of, sdp) => kurentoPage.answer(of, sdp), name, answer);
  await gathering;
  return { offer, answer };
}

/** The two together. */
export async function connectPage(
  it: KurentoStage,
  browser: BrowserName,
  name: string,
  options: ByHandOptions,
): Promise<Page> {
  const page = await openEndpoint(it, browser, name, options);
  await negotiate(it, page, name, options);
  return page;
}
