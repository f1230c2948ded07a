// Chooses a version of a range where no @actions package may be: by the library that @actions/tool-cache itself asks.

import semver from 'semver';
import type { VersionPicker } from '../core/ports.ts';

export const pickSemver: VersionPicker = (versions, range) => semver.maxSatisfying([...versions], range) ?? undefined;
