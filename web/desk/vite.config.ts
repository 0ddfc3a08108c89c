import { app } from '../vite.base';

export default app('desk', '/desk/');
