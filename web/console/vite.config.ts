import { app } from '../vite.base';

export default app('console', '/console/');
