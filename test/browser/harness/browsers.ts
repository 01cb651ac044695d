import puppeteer, { type Browser } from 'puppeteer-core';

export type BrowserName = 'chromium' | 'firefox';

// The suggestions of the address bar are a web page of their own: unseen, it costs each window more than a second.
const unusedFeatures = [
  'WebRtcHideLocalIpsWithMdns',
  'MediaRouter',
  'OptimizationHints',
  'Translate',
  'CalculateNativeWinOcclusion',
  'WebUIOmniboxPopup',
  'WebUIOmniboxAimPopup',
  'WebUIOmniboxFullPopup',
];

// Nothing of the browser may reach a network outside the machine, and no tab may be slowed because it is hidden.
const chromiumFlags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-sync',
  '--disable-domain-reliability',
  '--no-first-run',
  '--no-pings',
  '--no-proxy-server',
  '--metrics-recording-only',
  '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost',
  '--use-fake-ui-for-media-stream',
  '--use-fake-device-for-media-stream',
  '--auto-select-desktop-capture-source=Entire screen',
  '--allow-loopback-in-peer-connection',
  '--autoplay-policy=no-user-gesture-required',
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
  '--disable-backgrounding-occluded-windows',
  `--disable-features=${unusedFeatures.join(',')}`,
  '--mute-audio',
  '--window-size=900,700',
];

const firefoxPreferences: Record<string, unknown> = {
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  'media.getusermedia.insecure.enabled': true,
  'media.peerconnection.ice.loopback': true,
  // A page without a device permission offers the address of the default route only, which Firefox does not pair
  // with a server on loopback.
  'permissions.default.camera': 1,
  'permissions.default.microphone': 1,
  'media.peerconnection.ice.obfuscate_host_addresses': false,
  'media.autoplay.default': 0,
  'media.autoplay.blocking_policy': 0,
  'media.gmp-manager.updateEnabled': false,
  'media.gmp-manager.url': '',
  'media.gmp-provider.enabled': false,
  // A process that waits for the next tab costs as much to start as one that is used.
  'dom.ipc.processPrelaunch.enabled': false,
  'dom.min_background_timeout_value': 4,
  'dom.timeout.enable_budget_timer_throttling': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'network.proxy.type': 0,
  'toolkit.telemetry.enabled': false,
  'toolkit.telemetry.unified': false,
  'datareporting.healthreport.uploadEnabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'app.normandy.enabled': false,
  'app.update.enabled': false,
  'browser.safebrowsing.malware.enabled': false,
  'browser.safebrowsing.phishing.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'extensions.update.enabled': false,
  'services.settings.server': 'data:,#remote-settings-dummy/v1',
};

/** Starts a browser of our own; fails when it is not installed, because a skipped browser hides a broken one. */
export async function launchBrowser(name: BrowserName): Promise<Browser> {
  if (name === 'chromium') {
    return await puppeteer.launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      headless: true,
      args: chromiumFlags,
      timeout: 30_000,
      // Counting frames of several busy tabs on two processors may take the protocol a while.
      protocolTimeout: 60_000,
    });
  }
  return await puppeteer.launch({
    browser: 'firefox',
    executablePath: process.env.FIREFOX ?? '/usr/bin/firefox-esr',
    headless: true,
    extraPrefsFirefox: firefoxPreferences,
    timeout: 60_000,
    protocolTimeout: 60_000,
  });
}
