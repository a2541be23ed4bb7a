import type { TlsSettings } from './tls/secure-contexts.ts';

/** A certificate of nobody and its key, for tests of STARTTLS on loopback; valid for a hundred years. */
export const TLS_PAIR = {
  cert: `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUHSZj3nIOMUGLHL+72Gm8vhhJcKcwCgYIKoZIzj0EAwIw
IjEgMB4GA1UEAwwXbXgxZDEwLnRoaW5saW5lLmV4YW1wbGUwIBcNMjYxMTIxMjI1
NTU1WhgPMjEyNjEwMjgyMjU1NTVaMCIxIDAeBgNVBAMMF214MWQxMC50aGlubGlu
ZS5leGFtcGxlMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEOnO7nWFzxq+ndk2z
53e+MUJ7z6tg2xun2jFNfHZebmQoD6kjePwQMlrbU/Cl+YqxjjnZCZH3Joh6N4YO
kDYQHKNTMFEwHQYDVR0OBBYEFIkPSSh0nZRudHBx8+T75oNsIPeWMB8GA1UdIwQY
MBaAFIkPSSh0nZRudHBx8+T75oNsIPeWMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZI
zj0EAwIDSAAwRQIgA/oJyo40GkkTA4nI7fpzHc3Xfx7p1z6asSkMnr5n9akCIQD7
eVGm2LWv99v+E21yONtpEznVcerLzBzVgYEfVHPI8g==
-----END CERTIFICATE-----`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgmbbneqsZ5O8XV02I
eNyqNMpIZKtVTdpiHp59Nvrdwj+hRANCAAQ6c7udYXPGr6d2TbPnd74xQnvPq2Db
G6faMU18dl5uZCgPqSN4/BAyWttT8KX5irGOOdkJkfcmiHo3hg6QNhAc
-----END PRIVATE KEY-----`,
};

/** The same, as a server is given it. */
export const TLS: TlsSettings = { certificates: [TLS_PAIR] };
