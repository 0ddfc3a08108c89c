import '$shared/base.css';
import { actAsStaff } from '$shared/api';
import { mount } from 'svelte';
import App from './App.svelte';

actAsStaff();
document.documentElement.dataset.density = 'desk';
const target = document.getElementById('app');
if (target) mount(App, { target });
