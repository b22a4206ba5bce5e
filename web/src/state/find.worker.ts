// The worker in which regular expressions and very long texts are searched, so that it can be ended.

import { answered, type Job } from './patient';

self.onmessage = ({ data }: MessageEvent<Job>) => self.postMessage(answered(data));
self.postMessage('ready');
