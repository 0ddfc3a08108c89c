import { app } from '../vite.base';

export default app('portal', '/');
