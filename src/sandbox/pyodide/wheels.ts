/** Python packages that every sandbox has, pinned. `fetch-wheels.ts` puts them into `dist/wheels/` at build time. */

export interface PinnedWheel {
  readonly package: string;
  readonly version: string;
  readonly file: string;
  readonly sha256: string;
}

export const pinnedWheels: readonly PinnedWheel[] = [
  {
    package: "mpmath",
    version: "1.3.0",
    file: "mpmath-1.3.0-py3-none-any.whl",
    sha256: "a0b2b9fe80bbcd81a6647ff13108738cfb482d481d826cc0e02f5b35e5c88d2c",
  },
  {
    package: "sympy",
    version: "1.14.0",
    file: "sympy-1.14.0-py3-none-any.whl",
    sha256: "e091cc3e99d2141a0ba2847328f5479b05d94a6635cb96148ccb3f34671bd8f5",
  },
];
