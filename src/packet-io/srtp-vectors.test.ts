import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadAddon } from './load-addon.ts';

const { SrtpContext, deriveSrtpKey } = loadAddon();

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');

describe('RFC 3711 appendix B', () => {
  it('B.2: the AES-CM keystream of 65282 blocks', () => {
    const context = new SrtpContext(
      'AES_CM_128_HMAC_SHA1_80',
      hex('2B7E151628AED2A6ABF7158809CF4F3C'),
      hex('F0F1F2F3F4F5F6F7F8F9FAFBFCFD'),
      false,
    );
    const packet = Buffer.alloc(12 + 1044512); // sequence number, SSRC and payload 0
    packet[0] = 0x80;
    const out = context.protectRtp(packet);
    assert.ok(Buffer.isBuffer(out));
    const keystream = out.subarray(12, 12 + 1044512);
    assert.deepEqual(
      keystream.subarray(0, 48),
      hex(`E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB
           41E95B3BB0A2E8DD477901E4FCA894C0`),
    );
    assert.deepEqual(
      keystream.subarray(-48),
      hex(`EC8CDF7398607CB0F2D21675EA9EA1E4 362B7C3C6773516318A077D7FC5073AE
           6A2CC3787889374FBEB4C81B17BA6C44`),
    );
  });

  it('B.3: key derivation', () => {
    const key = hex('E1F97A0D3E018BE0D64FA32C06DE4139');
    const salt = hex('0EC675AD498AFEEBB6960B3AABE6');
    const derive = (label: number, bytes: number) =>
      deriveSrtpKey('AES_CM_128_HMAC_SHA1_80', key, salt, label, bytes);
    assert.deepEqual(derive(0, 16), hex('C61E7A93744F39EE10734AFE3FF7A087'));
    assert.deepEqual(derive(2, 14), hex('30CBBC08863D8C85D49DB34A9AE1'));
    assert.deepEqual(
      derive(1, 94),
      hex(`CEBE321F6FF7716B6FD4AB49AF256A15 6D38BAA48F0A0ACF3C34E2359E6CDBCE
           E049646C43D9327AD175578EF7227098 6371C10C9A369AC2F94A8C5FBCDDDC25
           6D6E919A48B610EF17C2041E47403576 6B68642C59BBFC2F34DB60DBDFB2`),
    );
  });
});

describe('AES_CM_128_HMAC_SHA1_80 with the packets of the libsrtp validation', () => {
  const make = () =>
    new SrtpContext(
      'AES_CM_128_HMAC_SHA1_80',
      hex('e1f97a0d3e018be0d64fa32c06de4139'),
      hex('0ec675ad498afeebb6960b3aabe6'),
      true,
    );
  const rtp = hex('800f1234decafbadcafebabe abababababababababababababababab');
  const srtp = hex('800f1234decafbadcafebabe 4e55dc4ce79978d88ca4d215949d2402 b78d6acc99ea179b8dbb');
  const rtcp = hex('81c8000bcafebabe abababababababababababababababab');
  const srtcp = hex('81c8000bcafebabe 7128035be487b9bdbef89041f977a5a8 80000001 993e08cd54d6c1230798');

  it('SRTP', () => {
    assert.deepEqual(make().protectRtp(rtp), srtp);
    assert.deepEqual(make().unprotectRtp(srtp), rtp);
  });

  it('SRTCP', () => {
    assert.deepEqual(make().protectRtcp(rtcp), srtcp);
    assert.deepEqual(make().unprotectRtcp(srtcp), rtcp);
  });
});

it('AES_CM_128_HMAC_SHA1_32 has a short tag for RTP, and the long one for RTCP (RFC 4568 §6.2.2)', () => {
  const key = hex('e1f97a0d3e018be0d64fa32c06de4139');
  const salt = hex('0ec675ad498afeebb6960b3aabe6');
  const make = () => new SrtpContext('AES_CM_128_HMAC_SHA1_32', key, salt, true);
  const rtp = hex('800f1234decafbadcafebabe abababababababababababababababab');
  const srtp = hex('800f1234decafbadcafebabe 4e55dc4ce79978d88ca4d215949d2402 b78d6acc');
  const rtcp = hex('81c8000bcafebabe abababababababababababababababab');
  const srtcp = hex('81c8000bcafebabe 7128035be487b9bdbef89041f977a5a8 80000001 993e08cd54d6c1230798');
  assert.deepEqual(make().protectRtp(rtp), srtp);
  assert.deepEqual(make().unprotectRtp(srtp), rtp);
  assert.deepEqual(make().protectRtcp(rtcp), srtcp);
  assert.deepEqual(make().unprotectRtcp(srtcp), rtcp);
});

describe('AES_256_CM_HMAC_SHA1_80', () => {
  const key = hex('f0f04914b513f2763a1b1fa130f10e29 98f6f6e43e4309d1e622a0e332b9f1b6');
  const salt = hex('3b04803de51ee7c96423ab5b78d2');

  it('RFC 6188 §7.2: key derivation', () => {
    const derive = (label: number, bytes: number) =>
      deriveSrtpKey('AES_256_CM_HMAC_SHA1_80', key, salt, label, bytes);
    assert.deepEqual(derive(0, 32), hex('5ba1064e30ec51613cad926c5a28ef73 1ec7fb397f70a960653caf06554cd8c4'));
    assert.deepEqual(derive(2, 14), hex('fa31791685ca444a9e07c6c64e93'));
    assert.deepEqual(derive(1, 20), hex('fd9c32d39ed5fbb5a9dc96b30818454d1313dc05'));
  });

  it('the packet of the libsrtp validation', () => {
    const rtp = hex('800f1234decafbadcafebabe abababababababababababababababab');
    const srtp = hex('800f1234decafbadcafebabe f1d9de17ff251ff1aa007774b0b4b40d a08d9d9a5b3a55d8873b');
    const make = () => new SrtpContext('AES_256_CM_HMAC_SHA1_80', key, salt, true);
    assert.deepEqual(make().protectRtp(rtp), srtp);
    assert.deepEqual(make().unprotectRtp(srtp), rtp);
  });
});

const key128 = hex('000102030405060708090a0b0c0d0e0f');
const key256 = hex('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f');
const quidProQuo = hex('51756964 2070726f 2071756f');

describe('RFC 7714 section 16: SRTP', () => {
  const plain = hex(`8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976
                     69736120 696e2070 61727465 73207472 6573`);
  const cases = [
    {
      profile: 'AEAD_AES_128_GCM',
      key: key128,
      protectedPacket: hex(`8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5
                            0d294e6f 42a5f47a 51c7d19b 36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce`),
    },
    {
      profile: 'AEAD_AES_256_GCM',
      key: key256,
      protectedPacket: hex(`8040f17b 8041f8d3 5501a0b2 32b1de78 a822fe12 ef9f78fa 332e33aa b1801238
                            9a58e2f3 b50b2a02 76ffae0f 1ba63799 b87b7aa3 db36dfff d6b0f9bb 7878d7a7 6c13`),
    },
  ] as const;
  for (const { profile, key, protectedPacket } of cases) {
    it(profile, () => {
      assert.deepEqual(new SrtpContext(profile, key, quidProQuo, false).protectRtp(plain), protectedPacket);
      const context = new SrtpContext(profile, key, quidProQuo, false);
      const tampered = Buffer.from(protectedPacket);
      tampered[tampered.length - 1] ^= 1;
      assert.equal(context.unprotectRtp(tampered), 'authentication');
      assert.deepEqual(context.unprotectRtp(protectedPacket), plain);
      assert.equal(context.unprotectRtp(protectedPacket), 'replay');
    });
  }
});

describe('RFC 7714 section 17: SRTCP', () => {
  const plain = hex(`81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61
                     deadbeef deadbeef deadbeef deadbeef deadbeef`);
  const index = 0x5d4;
  const encrypted128 = hex(`81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d
                            c676a5f1 730d6fda 4ce09b46 86303ded 0bb9275b c84aa458 96cf4d2f c5abf872
                            45d9eade 800005d4`);
  const encrypted256 = hex(`81c8000d 4d617273 d50ae4d1 f5ce5d30 4ba297e4 7d470c28 2c3ece5d bffe0a50
                            a2eaa5c1 110555be 8415f658 c61de047 6f1b6fad 1d1eb30c 4446839f 57ff6f6c
                            b26ac3be 800005d4`);

  it('17.1: encryption with AEAD_AES_128_GCM', () => {
    const context = new SrtpContext('AEAD_AES_128_GCM', key128, quidProQuo, false);
    context.setRtcpIndex(index);
    assert.deepEqual(context.protectRtcp(plain), encrypted128);
    assert.deepEqual(context.unprotectRtcp(encrypted128), plain);
    assert.equal(context.unprotectRtcp(encrypted128), 'replay');
  });

  it('17.2: decryption with AEAD_AES_256_GCM', () => {
    const context = new SrtpContext('AEAD_AES_256_GCM', key256, quidProQuo, false);
    assert.deepEqual(context.unprotectRtcp(encrypted256), plain);
    context.setRtcpIndex(index);
    assert.deepEqual(context.protectRtcp(plain), encrypted256);
  });

  it('17.3 and 17.4: packets that are tagged only', () => {
    const tagged128 = Buffer.concat([plain, hex('841dd968 3dd78ec9 2ae58790 125f62b3 000005d4')]);
    const tagged256 = Buffer.concat([plain, hex('91db4afb feee5a97 8fab4393 ed2615fe 000005d4')]);
    const context128 = new SrtpContext('AEAD_AES_128_GCM', key128, quidProQuo, false);
    const context256 = new SrtpContext('AEAD_AES_256_GCM', key256, quidProQuo, false);
    assert.deepEqual(context128.unprotectRtcp(tagged128), plain);
    assert.deepEqual(context256.unprotectRtcp(tagged256), plain);
    tagged128[12] ^= 1;
    tagged128[tagged128.length - 1] += 1;
    assert.equal(context128.unprotectRtcp(tagged128), 'authentication');
  });
});
