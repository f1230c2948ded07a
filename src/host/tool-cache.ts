// What self-hosted runners know already: how @actions/tool-cache chooses a version of a range.

import { evaluateVersions } from '@actions/tool-cache';
import type { VersionPicker } from '../core/ports.ts';

/** The same choice that setup actions make. */
export const pickToolVersion: VersionPicker = (versions, range) => evaluateVersions([...versions], range) || undefined;
